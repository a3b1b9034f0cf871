"""Solves problems with SciPy and diffrax, as "cnet bench ode" does here, with --stiff and without.

Standard input has the problems as JSON: name, x0, end, outputs, and atol, the absolute tolerance divided by the
relative one. Each solution is printed as a line of JSON with the states at the outputs, and whoever reads it measures
the error. All evaluations of the rate are counted, also those for Jacobians by differences; those of diffrax, whose
programs are compiled, follow from the steps of its explicit schemes, and are counted by a callback from a second
solution by the others, without what its derivatives take.
"""

import json
import sys

import common

args = common.arguments(
    ("--methods", {"required": True}),
    ("--tol", {"required": True}),
    ("--differences", {"action": "store_true"}),
)

import numpy  # noqa: E402  after the threads are chosen

H, O, MU, EPSILON, LAMBDA = 280, (77.27, 8.375e-6, 0.161), 1e3, 1e-6, 1e6


def lotka_volterra(xp, t, x):
    xy = x[0] * x[1]
    return xp.array([1.5 * x[0] - xy, -3 * x[1] + xy])


def pendulum(xp, t, x):
    return xp.array([x[1], -xp.sin(x[0])])


def mild_van_der_pol(xp, t, x):
    return xp.array([x[1], 5 * (1 - x[0] * x[0]) * x[1] - x[0]])


def robertson(xp, t, x):
    a, b, c = 0.04 * x[0], 3e7 * x[1] * x[1], 1e4 * x[1] * x[2]
    return xp.array([c - a, a - b - c, b])


def robertson_jacobian(x):
    b, c1, c2 = 6e7 * x[1], 1e4 * x[2], 1e4 * x[1]
    return [[-0.04, c1, c2], [0.04, -b - c1, -c2], [0, b, 0]]


def hires(xp, t, x):
    r = H * x[5] * x[7]
    d = r - 1.81 * x[6]
    return xp.array([
        -1.71 * x[0] + 0.43 * x[1] + 8.32 * x[2] + 0.0007,
        1.71 * x[0] - 8.75 * x[1],
        -10.03 * x[2] + 0.43 * x[3] + 0.035 * x[4],
        8.32 * x[1] + 1.71 * x[2] - 1.12 * x[3],
        -1.745 * x[4] + 0.43 * x[5] + 0.43 * x[6],
        -r + 0.69 * x[3] + 1.71 * x[4] - 0.43 * x[5] + 0.69 * x[6],
        d, -d,
    ])


def hires_jacobian(x):
    p, q = H * x[7], H * x[5]
    return [
        [-1.71, 0.43, 8.32, 0, 0, 0, 0, 0], [1.71, -8.75, 0, 0, 0, 0, 0, 0], [0, 0, -10.03, 0.43, 0.035, 0, 0, 0],
        [0, 8.32, 1.71, -1.12, 0, 0, 0, 0], [0, 0, 0, 0, -1.745, 0.43, 0.43, 0],
        [0, 0, 0, 0.69, 1.71, -p - 0.43, 0.69, -q], [0, 0, 0, 0, 0, p, -1.81, q], [0, 0, 0, 0, 0, -p, 1.81, -q],
    ]


def oregonator(xp, t, x):
    s, q, w = O
    return xp.array([s * (x[1] + x[0] * (1 - q * x[0] - x[1])), (x[2] - (1 + x[0]) * x[1]) / s, w * (x[0] - x[2])])


def oregonator_jacobian(x):
    s, q, w = O
    return [[s * (1 - 2 * q * x[0] - x[1]), s * (1 - x[0]), 0], [-x[1] / s, -(1 + x[0]) / s, 1 / s], [w, 0, -w]]


def van_der_pol(xp, t, x):
    return xp.array([x[1], MU * (1 - x[0] * x[0]) * x[1] - x[0]])


def van_der_pol_jacobian(x):
    return [[0, 1], [-2 * MU * x[0] * x[1] - 1, MU * (1 - x[0] * x[0])]]


def singular(xp, t, x):
    return xp.array([x[1], ((1 - x[0] * x[0]) * x[1] - x[0]) / EPSILON])


def singular_jacobian(x):
    return [[0, 1], [(-2 * x[0] * x[1] - 1) / EPSILON, (1 - x[0] * x[0]) / EPSILON]]


def heat(xp, t, x):
    zero = xp.zeros(1)
    return (len(x) + 1) ** 2 * (xp.concatenate([zero, x[:-1]]) - 2 * x + xp.concatenate([x[1:], zero]))


def heat_jacobian(x):
    n = len(x)
    return (n + 1) ** 2 * (numpy.eye(n, k=1) - 2 * numpy.eye(n) + numpy.eye(n, k=-1))


def prothero_robinson(xp, t, x):
    return -LAMBDA * (x - xp.cos(t)) - xp.sin(t)


def prothero_robinson_jacobian(x):
    return [[-LAMBDA]]


# The rates, and the Jacobians of stiff problems.
PROBLEMS = {
    "lotka-volterra": (lotka_volterra, None),
    "pendulum": (pendulum, None),
    "van-der-pol": (mild_van_der_pol, None),
    "robertson": (robertson, robertson_jacobian),
    "hires": (hires, hires_jacobian),
    "oregonator": (oregonator, oregonator_jacobian),
    "van-der-pol-1e3": (van_der_pol, van_der_pol_jacobian),
    "van-der-pol-1e-6": (singular, singular_jacobian),
    "heat-200": (heat, heat_jacobian),
    "prothero-robinson": (prothero_robinson, prothero_robinson_jacobian),
}


def with_scipy(problem, method, tol):
    from scipy.integrate import solve_ivp

    f, j = PROBLEMS[problem["name"]]
    count, solutions = [0], []

    def rate(t, x):
        count[0] += 1
        return f(numpy, t, x)

    options = {} if args.differences or j is None else {"jac": lambda t, x: numpy.array(j(x), dtype=float)}

    def solve():
        count[0] = 0
        solutions.append(solve_ivp(
            rate, (0, problem["end"]), numpy.array(problem["x0"], dtype=float), method=method, rtol=tol,
            atol=tol * problem["atol"], t_eval=problem["outputs"], **options))

    _, seconds = common.best(solve, args.repeats)
    s = solutions[-1]
    ok = s.success and s.y.shape[1] == len(problem["outputs"])
    return dict(seconds=seconds, nfe=count[0], jacobians=int(s.njev), factorised=int(s.nlu),
                x=s.y.T.tolist() if ok else None)


# The evaluations in a step of diffrax's explicit schemes, of which the last one serves the next step; 0: to be counted.
EVALUATIONS = {"Kvaerno5": 0, "Dopri5": 6, "Tsit5": 6, "Dopri8": 13}


def with_diffrax(problem, method, tol):
    import jax

    jax.config.update("jax_enable_x64", True)
    import diffrax
    import jax.numpy as jnp

    f, _ = PROBLEMS[problem["name"]]
    count = [0]

    def tick():
        count[0] += 1

    @jax.custom_jvp
    def counted(t, x):
        jax.debug.callback(tick)
        return f(jnp, t, x)

    @counted.defjvp
    def derivative(primals, tangents):
        return jax.jvp(lambda t, x: f(jnp, t, x), primals, tangents)

    def compiled(rate):
        @jax.jit
        def run(x):
            s = diffrax.diffeqsolve(
                diffrax.ODETerm(lambda t, x, _: rate(t, x)), getattr(diffrax, method)(), 0.0, problem["end"], None, x,
                max_steps=1_000_000, throw=False, saveat=diffrax.SaveAt(ts=jnp.array(problem["outputs"])),
                stepsize_controller=diffrax.PIDController(rtol=tol, atol=tol * problem["atol"]))
            return s.ys, s.stats["num_steps"]

        return run

    solve = compiled(lambda t, x: f(jnp, t, x))
    begin = jnp.array(problem["x0"], dtype=float)
    _, seconds = common.best(lambda: solve(begin)[0].block_until_ready(), args.repeats)
    states, steps = solve(begin)
    reached = bool(numpy.isfinite(states).all())
    evaluations = int(steps) * EVALUATIONS[method]
    if evaluations == 0 and reached:
        compiled(counted)(begin)[0].block_until_ready()
        jax.effects_barrier()
        evaluations = count[0]
    return dict(seconds=seconds, nfe=evaluations, x=states.tolist() if reached else None)


for problem in json.load(sys.stdin):
    for tol in args.tol.split(","):
        for method in args.methods.split(","):
            library = "diffrax" if method in EVALUATIONS else "scipy"
            try:
                if library == "diffrax":
                    result = with_diffrax(problem, method, float(tol))
                else:
                    result = with_scipy(problem, method, float(tol))
            except ImportError:
                continue
            common.report(problem=problem["name"], method=f"{library} {method}", tol=float(tol), **result)
