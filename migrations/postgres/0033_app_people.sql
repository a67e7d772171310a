-- Who allowed an app something is listed by the app, in the order of users.
CREATE INDEX grants_by_app ON grants (tenant_id, app_id, user_id) WHERE revoked_at IS NULL;
CREATE INDEX consents_by_app ON consents (tenant_id, app_id, user_id);
