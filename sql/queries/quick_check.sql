-- 'ok', or the damage.
PRAGMA quick_check(5);
