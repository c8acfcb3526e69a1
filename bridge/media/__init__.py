"""PICTURES: their bytes -> what we serve of them, and the folder it is kept in; no network, no database."""
