"""Sound: G.711 and frames, the Media Stream endpoint, recogniser sessions, speech models."""
