-- The alert on throttled passwords that came with every tenant hears of all refused sign-ins, tokens and calls, unless
-- somebody has made it their own.
UPDATE alerts SET name = 'Refusals, five times the usual', shipped = 'refusals',
    search = '{"filter":"(eventType eq \"user.session.start\" or eventType eq \"app.oauth2.token.grant\" or eventType eq \"app.oauth2.as.token.grant\" or eventType eq \"user_rate_limited\" or eventType eq \"policy.rate_limit.refused\" or eventType eq \"system.org.rate_limit.violation\") and outcome.result ne \"SUCCESS\""}',
    version = version + 1
  WHERE shipped = 'throttle' AND version = 1
    AND NOT EXISTS (SELECT 1 FROM alerts AS other WHERE other.tenant_id = alerts.tenant_id AND other.name = 'Refusals, five times the usual');
UPDATE alerts SET shipped = 'refusals' WHERE shipped = 'throttle';
