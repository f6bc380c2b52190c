-- Whether it was kept from its work, how many pages the log has, and how many of
-- them are in the file. Waits for nobody.
PRAGMA wal_checkpoint(PASSIVE);
