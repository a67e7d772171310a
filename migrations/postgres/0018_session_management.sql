-- Whether a server tells apps, in a frame of theirs, if the browser's sign-in changed (OpenID Connect Session
-- Management). Off unless an administrator wants it: browsers that block third-party cookies made it useless.
ALTER TABLE servers ADD COLUMN session_management BOOLEAN NOT NULL DEFAULT FALSE;
