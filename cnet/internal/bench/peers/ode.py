"""Measures an adaptive solve of Lotka-Volterra with SciPy, torchdiffeq or diffrax, as "cnet bench ode" does here."""

import common

args = common.arguments(
    ("--with", {"dest": "library", "required": True, "choices": ["scipy", "torchdiffeq", "diffrax"]}),
    ("--problems", {"choices": ["lotka-volterra"]}),
    ("--methods", {"required": True, "choices": ["dopri5", "dopri8"]}),
    ("--tol", {"type": float, "required": True}),
)
END = 10.0


def rate(x, y):
    return 1.5 * x - x * y, x * y - 3 * y


def scipy():
    import numpy
    from scipy.integrate import solve_ivp

    n, method = args.batch, {"dopri5": "RK45", "dopri8": "DOP853"}[args.methods]
    field = lambda t, s: numpy.concatenate(rate(s[:n], s[n:]))  # noqa: E731
    begin = numpy.ones(2 * n)
    return lambda: solve_ivp(field, (0, END), begin, method=method, rtol=args.tol, atol=args.tol)


def torchdiffeq():
    import torch
    from torchdiffeq import odeint

    torch.set_num_threads(args.threads)
    begin, times = torch.ones(2, args.batch, dtype=torch.float64), torch.tensor([0, END], dtype=torch.float64)
    field = lambda t, s: torch.stack(rate(s[0], s[1]))  # noqa: E731

    def solve():
        with torch.no_grad():
            odeint(field, begin, times, rtol=args.tol, atol=args.tol, method=args.methods)

    return solve


def diffrax():
    import jax

    jax.config.update("jax_enable_x64", True)
    import diffrax
    import jax.numpy as jnp

    solver = {"dopri5": diffrax.Dopri5, "dopri8": diffrax.Dopri8}[args.methods]()
    controller = diffrax.PIDController(rtol=args.tol, atol=args.tol)
    term = diffrax.ODETerm(lambda t, s, _: jnp.stack(rate(s[0], s[1])))
    compiled = jax.jit(lambda s: diffrax.diffeqsolve(
        term, solver, 0.0, END, None, s, max_steps=100_000, stepsize_controller=controller).ys)
    begin = jnp.ones((2, args.batch))
    return lambda: compiled(begin).block_until_ready()


_, seconds = common.best({"scipy": scipy, "torchdiffeq": torchdiffeq, "diffrax": diffrax}[args.library](), args.repeats)
common.report(seconds=seconds)
