UPDATE family SET type = :type, help = :help, unit = :unit, bounds = :bounds,
                  open = :open
WHERE id = :id;
