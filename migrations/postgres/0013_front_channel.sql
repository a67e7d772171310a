-- Where the browser tells an app of a sign-out, and whether it wants to hear of the session (OpenID Connect
-- Front-Channel Logout).
ALTER TABLE apps ADD COLUMN frontchannel_logout_uri TEXT COLLATE "C";
ALTER TABLE apps ADD COLUMN frontchannel_logout_session_required BOOLEAN NOT NULL DEFAULT FALSE;
