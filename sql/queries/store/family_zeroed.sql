UPDATE family SET zeroed = :zeroed WHERE id = :id;
