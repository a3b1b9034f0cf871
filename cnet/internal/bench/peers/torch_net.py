"""The networks of package cnet in PyTorch, with the same layers and the same number of parameters."""

import torch
from torch import nn
from torch.nn import functional as F


def conv(channels_in, channels_out, size, stride=1, bias=False):
    return nn.Conv2d(channels_in, channels_out, size, stride, size // 2, bias=bias)


class Rate(nn.Module):
    """Two convolutions; batch norm comes after each ReLU, or with act_first batch norm and ReLU before each."""

    def __init__(self, channels_in, channels, stride=1, act_first=False, second_norm=True):
        super().__init__()
        self.act_first, self.second_norm = act_first, second_norm
        self.conv1 = conv(channels_in, channels, 3, stride, bias=True)
        self.conv2 = conv(channels, channels, 3, bias=True)
        self.norm1 = nn.BatchNorm2d(channels_in if act_first else channels)
        if second_norm:
            self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        if self.act_first:
            return self.conv2(F.relu(self.norm2(self.conv1(F.relu(self.norm1(x))))))
        x = F.relu(self.conv2(self.norm1(F.relu(self.conv1(x)))))
        return self.norm2(x) if self.second_norm else x


class ODE(nn.Module):
    """Steps of length 1, each with a rate of its own, as piecewise constant weights give them."""

    def __init__(self, channels, steps, scheme, act_first):
        super().__init__()
        self.rates, self.scheme = nn.ModuleList(Rate(channels, channels, 1, act_first) for _ in range(steps)), scheme

    def forward(self, x):
        for rate in self.rates:
            k1 = rate(x)
            if self.scheme == "euler":
                x = x + k1
            elif self.scheme == "midpoint":
                x = x + rate(x + k1 / 2)
            else:
                k2 = rate(x + k1 / 2)
                k3 = rate(x + k2 / 2)
                k4 = rate(x + k3)
                x = x + (k1 + 2 * k2 + 2 * k3 + k4) / 6
        return x


class Stitch(nn.Module):
    def __init__(self, channels_in, channels, stride, act_first):
        super().__init__()
        self.shortcut = conv(channels_in, channels, 1, stride)
        self.rate = Rate(channels_in, channels, stride, act_first, second_norm=act_first)

    def forward(self, x):
        return self.shortcut(x) + self.rate(x)


def continuous(model, steps, scheme, alpha):
    act_first, wide = model != "ContinuousNet", model == "WideContinuousNet"
    layers = [conv(3, alpha, 3), nn.BatchNorm2d(alpha), nn.ReLU()]
    channels_in = alpha
    for stage in range(3):
        channels = alpha * (4 if wide else 1) << stage
        if not (wide and channels == channels_in and stage == 0):
            layers.append(Stitch(channels_in, channels, 1 if stage == 0 else 2, act_first))
        layers.append(ODE(channels, steps, scheme, act_first))
        channels_in = channels
    if act_first:
        layers.append(nn.BatchNorm2d(channels_in))
    return layers, channels_in


class ResidualV2(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.conv1, self.norm1 = conv(channels_in, channels, 3, stride), nn.BatchNorm2d(channels)
        self.conv2, self.norm2 = conv(channels, channels, 3), nn.BatchNorm2d(channels)
        self.shortcut = nn.Identity()
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Sequential(conv(channels_in, channels, 1, stride), nn.BatchNorm2d(channels))

    def forward(self, x):
        y = self.norm1(F.relu(self.conv1(x)))
        return self.norm2(F.relu(self.conv2(y))) + self.shortcut(x)


class ResidualWide(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(channels_in), conv(channels_in, channels, 3, bias=True)
        self.norm2, self.conv2 = nn.BatchNorm2d(channels), conv(channels, channels, 3, stride, bias=True)
        self.shortcut = nn.Identity()
        if stride != 1 or channels_in != channels:
            self.shortcut = conv(channels_in, channels, 1, stride, bias=True)

    def forward(self, x):
        y = self.conv1(F.relu(self.norm1(x)))
        return self.conv2(F.relu(self.norm2(y))) + self.shortcut(x)


def baseline(model, depth, alpha):
    wide = model == "WideResNet"
    layers = [conv(3, alpha, 3, bias=wide)]
    if not wide:
        layers += [nn.BatchNorm2d(alpha), nn.ReLU()]
    channels_in = alpha
    for stage in range(3):
        channels = alpha * (4 if wide else 1) << stage
        for i in range((depth - (4 if wide else 2)) // 6):
            stride = 2 if stage > 0 and i == 0 else 1
            layers.append((ResidualWide if wide else ResidualV2)(channels_in, channels, stride))
            channels_in = channels
    if wide:
        layers += [nn.BatchNorm2d(channels_in), nn.ReLU()]
    return layers, channels_in


def network(args):
    """Returns the network, in the memory layout that is fast on CPUs."""
    if args.model in ("ResNetV2", "WideResNet"):
        depth = args.depth or (34 if args.model == "WideResNet" else 20)
        layers, channels = baseline(args.model, depth, args.alpha)
    else:
        layers, channels = continuous(args.model, args.steps, args.scheme, args.alpha)
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))
    return net.to(memory_format=torch.channels_last)


def optimizer(net):
    return torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)


def train(net, optimizer, images, labels):
    optimizer.zero_grad()
    loss = F.cross_entropy(net(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def parameters(net):
    return sum(p.numel() for p in net.parameters())
