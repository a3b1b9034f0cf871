"""Measures an epoch of CIFAR-10 in PyTorch, as "cnet bench epoch" does here: a DataLoader with two workers reads, crops
and mirrors."""

import time
from pathlib import Path

import common

args = common.arguments(("--data", {"required": True}), ("--batches", {"type": int, "default": 0}))

import numpy  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402

import torch_net  # noqa: E402

torch.set_num_threads(args.threads)
torch.manual_seed(0)
MEAN = torch.tensor([0.4914, 0.4822, 0.4465]).view(3, 1, 1)
DEVIATION = torch.tensor([0.2023, 0.1994, 0.2010]).view(3, 1, 1)


class Training(Dataset):
    def __init__(self, folder):
        files = sorted(Path(folder).rglob("data_batch_*.bin"))
        rows = numpy.concatenate([numpy.fromfile(f, numpy.uint8) for f in files]).reshape(-1, 3073)
        self.labels = torch.from_numpy(rows[:, 0].astype(numpy.int64))
        self.images = torch.from_numpy(rows[:, 1:].copy()).view(-1, 3, 32, 32)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = (self.images[i].float() / 255 - MEAN) / DEVIATION
        top, left = torch.randint(0, 9, (2,)).tolist()
        image = F.pad(image, (4, 4, 4, 4))[:, top : top + 32, left : left + 32]
        return (image.flip(2) if torch.rand(()) < 0.5 else image), self.labels[i]


loader = DataLoader(Training(args.data), args.batch, shuffle=True, drop_last=True, num_workers=2)
net = torch_net.network(args)
run = torch.compile(net) if args.compile else net
optimizer = torch_net.optimizer(net)
first = last = None
done = 0
for images, labels in loader:
    torch_net.train(run, optimizer, images.to(memory_format=torch.channels_last), labels)
    last = time.perf_counter()
    if first is None:
        first = last  # the first batch may compile
        continue
    done += 1
    if done == args.batches:
        break
per_batch = (last - first) / done
common.report(
    seconds=per_batch * len(loader), images_per_s=args.batch / per_batch,
    parameters=torch_net.parameters(net), peak_bytes=common.peak_bytes(),
)
