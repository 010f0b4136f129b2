"""The planner: a call-centre simulation on SimPy, its formulas, calibration, staffing and reports."""
