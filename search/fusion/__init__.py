"""How the lanes become one ranking: fixed, by the confidence of each lane, or as learnt."""
