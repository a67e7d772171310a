-- Users are listed by status, and administrators by themselves, however many other users there are.
CREATE INDEX users_by_status ON users (tenant_id, status, id);
CREATE INDEX users_administrators ON users (tenant_id, id) WHERE admin_role IS NOT NULL;
