-- Which of the accounts at hand the person chose for a request that asks to choose (`prompt=select_account`): the
-- session that may answer it.
ALTER TABLE flows ADD COLUMN chosen_session_id UUID;
