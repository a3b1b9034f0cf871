"""Measures a step of training or inference of a ContinuousNet in JAX, as "cnet bench step" does here."""

import common

args = common.arguments()

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from jax import lax  # noqa: E402

if args.model != "ContinuousNet":
    common.report(skipped=f"there is no {args.model} for JAX")
    raise SystemExit

key = jax.random.PRNGKey(0)


def kernel(size, channels_in, channels):
    global key
    key, own = jax.random.split(key)
    return jax.random.normal(own, (size, size, channels_in, channels)) * (2 / (size * size * channels)) ** 0.5


def conv(x, w, stride=1):
    return lax.conv_general_dilated(x, w, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def norm_of(channels):
    """Scale and offset, which are trained, and the running statistics."""
    one, zero = jnp.ones(channels), jnp.zeros(channels)
    return {"scale": one, "offset": zero}, {"mean": zero, "variance": one}


def norm(p, s, x):
    """Returns the normalised x, and the new running statistics."""
    if args.infer:
        mean, variance, new = s["mean"], s["variance"], s
    else:
        mean = x.mean((0, 1, 2))
        variance = ((x - mean) ** 2).mean((0, 1, 2))
        new = {"mean": 0.9 * s["mean"] + 0.1 * mean, "variance": 0.9 * s["variance"] + 0.1 * variance}
    return (x - mean) * (p["scale"] * lax.rsqrt(variance + 1e-5)) + p["offset"], new


def rate_of(channels_in, channels, second_norm=True):
    n1, s1 = norm_of(channels)
    n2, s2 = norm_of(channels)
    p = {"w1": kernel(3, channels_in, channels), "b1": jnp.zeros(channels), "n1": n1,
         "w2": kernel(3, channels, channels), "b2": jnp.zeros(channels)}
    s = {"n1": s1}
    if second_norm:
        p["n2"], s["n2"] = n2, s2
    return p, s


def rate(p, s, x, stride=1):
    new = {}
    x, new["n1"] = norm(p["n1"], s["n1"], jax.nn.relu(conv(x, p["w1"], stride) + p["b1"]))
    x = jax.nn.relu(conv(x, p["w2"]) + p["b2"])
    if "n2" in p:
        x, new["n2"] = norm(p["n2"], s["n2"], x)
    return x, new


def network(alpha, steps):
    n, s = norm_of(alpha)
    p = {"stem": kernel(3, 3, alpha), "norm": n, "stages": []}
    s = {"norm": s, "stages": []}
    channels_in = alpha
    for stage in range(3):
        channels = alpha << stage
        stitch, rates = rate_of(channels_in, channels, False), [rate_of(channels, channels) for _ in range(steps)]
        p["stages"].append({"shortcut": kernel(1, channels_in, channels), "stitch": stitch[0],
                            "ode": [r[0] for r in rates]})
        s["stages"].append({"stitch": stitch[1], "ode": [r[1] for r in rates]})
        channels_in = channels
    p["head"] = {"w": kernel(1, channels_in, 10)[0, 0], "b": jnp.zeros(10)}
    return p, s


def logits(p, s, x):
    new = {"stages": []}
    x, new["norm"] = norm(p["norm"], s["norm"], conv(x, p["stem"]))
    x = jax.nn.relu(x)
    for i, (ps, ss) in enumerate(zip(p["stages"], s["stages"])):
        stride = 1 if i == 0 else 2
        residual, stitch = rate(ps["stitch"], ss["stitch"], x, stride)
        x = conv(x, ps["shortcut"], stride) + residual
        rates = []
        for pr, sr in zip(ps["ode"], ss["ode"]):
            k1, sr = rate(pr, sr, x)
            if args.scheme == "euler":
                x = x + k1
            elif args.scheme == "midpoint":
                k2, sr = rate(pr, sr, x + k1 / 2)
                x = x + k2
            else:
                k2, sr = rate(pr, sr, x + k1 / 2)
                k3, sr = rate(pr, sr, x + k2 / 2)
                k4, sr = rate(pr, sr, x + k3)
                x = x + (k1 + 2 * k2 + 2 * k3 + k4) / 6
            rates.append(sr)
        new["stages"].append({"stitch": stitch, "ode": rates})
    return x.mean((1, 2)) @ p["head"]["w"] + p["head"]["b"], new


def loss(p, s, x, y):
    out, new = logits(p, s, x)
    return -jnp.take_along_axis(jax.nn.log_softmax(out), y[:, None], 1).mean(), new


@jax.jit
def train(p, s, v, x, y):
    (value, s), g = jax.value_and_grad(loss, has_aux=True)(p, s, x, y)
    v = jax.tree.map(lambda v, g, p: 0.9 * v + g + 5e-4 * p, v, g, p)
    return jax.tree.map(lambda p, v: p - 0.1 * v, p, v), s, v, value


@jax.jit
def predict(p, s, x):
    return jax.nn.softmax(logits(p, s, x)[0])


params, statistics = network(args.alpha, args.steps)
velocity = jax.tree.map(jnp.zeros_like, params)
images = jax.random.normal(key, (args.batch, 32, 32, 3))
labels = jax.random.randint(key, (args.batch,), 0, 10)


def step():
    global params, statistics, velocity
    if args.infer:
        predict(params, statistics, images).block_until_ready()
        return
    params, statistics, velocity, value = train(params, statistics, velocity, images, labels)
    value.block_until_ready()


compiled, seconds = common.best(step, args.repeats)
common.report(
    seconds=seconds, images_per_s=args.batch / seconds, compile_seconds=compiled,
    parameters=sum(p.size for p in jax.tree.leaves(params)), peak_bytes=common.peak_bytes(),
)
