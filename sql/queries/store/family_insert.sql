INSERT INTO family (name, type, help, unit, bounds, open)
VALUES (:name, :type, :help, :unit, :bounds, :open);
