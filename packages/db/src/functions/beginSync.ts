/**
 * begin_sync: closes open conversations and returns the position up to which the following reads are complete, which
 * becomes the next cursor. Null for an unknown user.
 */
export const beginSync = `
CREATE OR REPLACE FUNCTION begin_sync(p_user uuid) RETURNS float8
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM u.id FROM users u WHERE u.id = p_user FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  PERFORM close_changes(p_user, false);
  PERFORM prune_changes(p_user);
  RETURN (SELECT s.last_value FROM change_pos s);
END
$$;
`;
