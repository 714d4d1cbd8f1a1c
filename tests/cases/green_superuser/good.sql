REVOKE CONNECT ON DATABASE "Billing", events, postgres, shop FROM app;
