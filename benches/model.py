"""Seconds of a training step in PyTorch: model.py KIND THREADS, with KIND a U-Net's width, `cnn-gru` or `r2plus1d`; printed as `seconds megabytes`."""
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

kind, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
torch.manual_seed(1)


class UNet(nn.Module):
    def __init__(self, width, depth=4):
        super().__init__()
        self.depth, self.conv, self.norm = depth, nn.ModuleList(), nn.ModuleList()
        cin = 1
        for level in range(depth):
            cin = self.double(cin, width << level)
        for level in reversed(range(depth - 1)):
            cin = self.double(cin + (width << level), width << level)
        self.head = nn.Conv2d(width, 1, 1)

    def double(self, cin, cout):
        for inputs in (cin, cout):
            self.conv.append(nn.Conv2d(inputs, cout, 3, padding=1, bias=False))
            self.norm.append(nn.BatchNorm2d(cout))
        return cout

    def forward(self, x):
        blocks = iter(zip(self.conv, self.norm))

        def twice(x):
            for _ in range(2):
                conv, norm = next(blocks)
                x = F.relu(norm(conv(x)))
            return x

        skips = []
        for level in range(self.depth):
            x = twice(F.max_pool2d(x, 2) if level else x)
            skips.append(x)
        for skip in reversed(skips[:-1]):
            x = twice(torch.cat([F.interpolate(x, scale_factor=2, mode="nearest"), skip], 1))
        return self.head(x)


class CnnGru(nn.Module):
    def __init__(self, channels=(16, 32, 64, 64), hidden=64):
        super().__init__()
        self.conv, self.norm, cin = nn.ModuleList(), nn.ModuleList(), 1
        for cout in channels:
            self.conv.append(nn.Conv2d(cin, cout, 3, padding=1, bias=False))
            self.norm.append(nn.BatchNorm2d(cout))
            cin = cout
        self.gru, self.head = nn.GRU(cin, hidden, batch_first=True), nn.Linear(hidden, 2)

    def forward(self, x):
        clips, frames = x.shape[:2]
        x = x.flatten(0, 1).unsqueeze(1).to(memory_format=torch.channels_last)
        for conv, norm in zip(self.conv, self.norm):
            x = F.max_pool2d(F.relu(norm(conv(x))), 2)
        return self.head(self.gru(x.mean((2, 3)).view(clips, frames, -1))[0].mean(1))


class R2Plus1D(nn.Module):
    def __init__(self, channels=(16, 32, 64)):
        super().__init__()
        self.blocks, cin = nn.ModuleList(), 1
        for cout in channels:
            space = nn.Conv3d(cin, cout, (1, 3, 3), padding=(0, 1, 1), bias=False)
            time = nn.Conv3d(cout, cout, (3, 1, 1), padding=(1, 0, 0), bias=False)
            norms = [nn.BatchNorm3d(cout), nn.BatchNorm3d(cout)]
            self.blocks.append(nn.Sequential(space, norms[0], nn.ReLU(), time, norms[1], nn.ReLU(), nn.MaxPool3d((1, 2, 2))))
            cin = cout
        self.head = nn.Linear(cin, 2)

    def forward(self, x):
        x = x.unsqueeze(1).to(memory_format=torch.channels_last_3d)
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3, 4)))


def dice(logits, target):
    p, t = logits.sigmoid().flatten(1), target.flatten(1)
    return (1 - (2 * (p * t).sum(1) + 1e-5) / (p.sum(1) + t.sum(1) + 1e-5)).mean()


if kind in ("cnn-gru", "r2plus1d"):
    net, x, t = CnnGru() if kind == "cnn-gru" else R2Plus1D(), torch.randn(8, 16, 96, 96), torch.tensor([0, 1] * 4)
    loss_of = F.cross_entropy
else:
    net, x = UNet(int(kind)), torch.randn(8, 1, 128, 128).to(memory_format=torch.channels_last)
    t = (torch.rand(8, 1, 128, 128) > 0.7).float()
    loss_of = lambda logits, t: F.binary_cross_entropy_with_logits(logits, t) + dice(logits, t)
net = net.to(memory_format=torch.channels_last_3d if kind == "r2plus1d" else torch.channels_last)
optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3)
seconds = []
for _ in range(12):
    begin = time.perf_counter()
    loss = loss_of(net(x), t)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    seconds.append(time.perf_counter() - begin)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(sorted(seconds[1:])[5], int(peak.split()[1]) // 1000)
