GRANT CONNECT ON DATABASE "Billing", events, postgres, shop TO app;
