"""What people hear and see: the pure mediation core and the media plane."""
