-- 'ok', or what is damaged.
SELECT quick_check FROM pragma_quick_check(5);
