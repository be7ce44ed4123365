"""Writes figures.csv: what PyTorch and MONAI make of the cases of tests.rs, in float64 (seen with 2.15 and 1.6).

    python3 figures.py > figures.csv
"""
import numpy as np
import torch
import torch.nn.functional as F
from monai.losses import DiceLoss
from torch import nn

torch.set_default_dtype(torch.float64)


def wave(part, length, scale):
    i = np.arange(length, dtype=np.float64)
    return torch.tensor(np.float32(scale * np.sin(0.37 * i * i + 1.7 * i + part)), dtype=torch.float64)


class UNet(nn.Module):
    def __init__(self, width, depth, upsample):
        super().__init__()
        self.upsample = upsample
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
            if self.upsample == "nearest":
                x = F.interpolate(x, scale_factor=2, mode="nearest")
                x = F.pad(x, (0, skip.shape[3] - x.shape[3], 0, skip.shape[2] - x.shape[2]), mode="replicate")
            else:
                x = F.interpolate(x, size=skip.shape[2:], mode="bilinear", align_corners=False)
            x = twice(torch.cat([x, skip], 1))
        return self.head(x)

    def in_order(self):
        named = dict(self.named_parameters())
        order = [n for i in range(len(self.conv)) for n in (f"conv.{i}.weight", f"norm.{i}.weight", f"norm.{i}.bias")]
        return [(name, named[name]) for name in order + ["head.weight", "head.bias"]]


def scale(name):
    if name.startswith("conv"):
        return 0.4
    if name.startswith("norm"):
        return 1.2 if name.endswith("weight") else 0.3
    return 1.0


def batch(part, images, height, width):
    x = wave(60 + part, images * height * width, 1.0).view(images, 1, height, width)
    return x, (wave(70 + part, images * height * width, 1.0) > 0.3).double().view(images, 1, height, width)


CASES = [(5, 3, 2, 21, 13), (16, 2, 3, 8, 12), (3, 1, 2, 6, 5), (18, 3, 2, 32, 32)]
CASES = [(case, "nearest") for case in CASES]
CASES += [(case, "bilinear") for case in [(5, 3, 2, 21, 13), (3, 3, 3, 9, 15), (17, 2, 2, 7, 10)]]
print("case,what,a,b")
dice = DiceLoss(sigmoid=True)
for number, ((width, depth, images, height, wide), upsample) in enumerate(CASES):
    net = UNet(width, depth, upsample)
    for part, (name, parameter) in enumerate(net.in_order()):
        parameter.data = wave(part, parameter.numel(), scale(name)).view(parameter.shape)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
    for step in range(50):
        x, t = batch(step % 3, images, height, wide)
        logits = net(x)
        loss = F.binary_cross_entropy_with_logits(logits, t) + dice(logits, t)
        optimiser.zero_grad()
        loss.backward()
        if step == 0:
            for name, parameter in net.in_order():
                g = parameter.grad.flatten()
                along = (g * torch.cos(torch.arange(len(g)))).sum()
                print(f"{number},{name},{along:.9e},{g.norm():.9e}")
        if step % 7 == 0:
            print(f"{number},step {step},{loss:.9e},")
        optimiser.step()
    net.eval()
    logits = net(batch(0, images, height, wide)[0]).flatten()
    for index in range(0, len(logits), 37):
        print(f"{number},logit {index},{logits[index]:.9e},")
