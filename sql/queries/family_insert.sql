INSERT INTO family (name, type, help, unit, bounds)
VALUES (:name, :type, :help, :unit, :bounds);
