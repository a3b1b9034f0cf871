"""Measures a step of training or inference in PyTorch, as "cnet bench step" does here."""

import common

args = common.arguments(("--bf16", {"action": "store_true", "help": "with bf16 autocast"}))

import torch  # noqa: E402

import torch_net  # noqa: E402

torch.set_num_threads(args.threads)
torch.manual_seed(0)
net = torch_net.network(args)
images = torch.randn(args.batch, 3, 32, 32).to(memory_format=torch.channels_last)
labels = torch.randint(0, 10, (args.batch,))
run = torch.compile(net) if args.compile else net
if args.infer:
    net.eval()

    def step():
        with torch.no_grad():
            torch.softmax(run(images), 1).numpy()
else:
    optimizer = torch_net.optimizer(net)

    def forward(images):
        with torch.autocast(images.device.type, torch.bfloat16, enabled=args.bf16):
            return run(images).float()

    def step():
        torch_net.train(forward, optimizer, images, labels)


compiled, seconds = common.best(step, args.repeats)
common.report(
    seconds=seconds, images_per_s=args.batch / seconds, compile_seconds=compiled,
    parameters=torch_net.parameters(net), peak_bytes=common.peak_bytes(),
)
