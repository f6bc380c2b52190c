DELETE FROM pusher WHERE family_id = :family;
