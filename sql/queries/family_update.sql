UPDATE family SET type = :type, help = :help, unit = :unit, bounds = :bounds
WHERE id = :id;
