UPDATE pusher SET seen_at = :now
WHERE family_id = :family AND labels = :labels AND pusher = :pusher;
