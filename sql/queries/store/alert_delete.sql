DELETE FROM alert WHERE rule = :rule AND labels = :labels;
