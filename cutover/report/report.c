int report_nothing;
