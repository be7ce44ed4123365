"""Writes figures.csv: what PyTorch makes of the cases of ../reference.rs, in float64 (seen with PyTorch 2.15).

    python3 figures.py > figures.csv
"""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.set_default_dtype(torch.float64)


def wave(part, length, scale):
    i = np.arange(length, dtype=np.float64)
    return torch.tensor(np.float32(scale * np.sin(0.37 * i * i + 1.7 * i + part)), dtype=torch.float64)


class Net(nn.Module):
    def __init__(self, kind, channels, side, hidden, classes, span, down):
        super().__init__()
        self.kind, self.down, cin = kind, down, 1
        by = 2 if down == "stride" else 1
        self.conv, self.norm = nn.ModuleList(), nn.ModuleList()
        for cout in channels:
            if kind == "r2plus1d":
                self.conv.append(nn.Conv3d(cin, cout, (1, side, side), (1, by, by), (0, side // 2, side // 2), bias=False))
                self.conv.append(nn.Conv3d(cout, cout, (span, 1, 1), padding=(span // 2, 0, 0), bias=False))
                self.norm.extend([nn.BatchNorm3d(cout), nn.BatchNorm3d(cout)])
            else:
                self.conv.append(nn.Conv2d(cin, cout, side, by, side // 2, bias=False))
                self.norm.append(nn.BatchNorm2d(cout))
            cin = cout
        both = kind.startswith("bi")
        if "gru" in kind:
            self.gru = nn.GRU(cin, hidden, batch_first=True, bidirectional=both)
        if "lstm" in kind:
            self.lstm = nn.LSTM(cin, hidden, batch_first=True, bidirectional=both)
        width = hidden * (2 if both else 1) if "gru" in kind or "lstm" in kind else cin
        self.head = nn.Linear(width, classes)
        if kind == "attention":
            self.attention = nn.Sequential(nn.Linear(cin, hidden), nn.Tanh(), nn.Linear(hidden, 1, bias=False))

    def smaller(self, x):
        pools = {"max": F.max_pool2d, "average": F.avg_pool2d}
        if self.down not in pools:
            return x
        return pools[self.down](x.flatten(0, 1), 2).unflatten(0, x.shape[:2]) if x.dim() == 5 else pools[self.down](x, 2)

    def forward(self, x):
        clips, frames = x.shape[:2]
        if self.kind == "r2plus1d":
            x = x.unsqueeze(1)
            for i, (conv, norm) in enumerate(zip(self.conv, self.norm)):
                x = F.relu(norm(conv(x)))
                x = self.smaller(x.transpose(1, 2)).transpose(1, 2) if i % 2 else x
            return self.head(x.mean((2, 3, 4)))
        x = x.flatten(0, 1).unsqueeze(1)
        for conv, norm in zip(self.conv, self.norm):
            x = self.smaller(F.relu(norm(conv(x))))
        x = x.mean((2, 3)).view(clips, frames, -1)
        if self.kind == "frames":
            logits = self.head(x)
            severity = (logits.softmax(2) * torch.arange(logits.shape[2])).sum(2)
            return logits[torch.arange(clips), severity.argmax(1)]
        if "gru" in self.kind:
            x = self.gru(x)[0].mean(1)
        elif "lstm" in self.kind:
            x = self.lstm(x)[0].mean(1)
        else:
            x = (self.attention(x).softmax(1) * x).sum(1)
        return self.head(x)

    def in_order(self):
        """Parameters as crowdline's parts hold them."""
        named = dict(self.named_parameters())
        order = []
        for i in range(len(self.conv)):
            order += [f"conv.{i}.weight", f"norm.{i}.weight", f"norm.{i}.bias"]
        for unit in ("gru", "lstm"):
            for end in ("", "_reverse"):
                order += [f"{unit}.{n}_l0{end}" for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        order += ["head.weight", "head.bias", "attention.0.weight", "attention.0.bias", "attention.2.weight"]
        return [(name, named[name]) for name in order if name in named]


def scale(name):
    if name.startswith("conv"):
        return 0.4
    if name.startswith("norm"):
        return 1.2 if name.endswith("weight") else 0.3
    return 1.0 if name.startswith("head") else 0.5


def batch(part, clips, shape, classes):
    frames, height, width = shape
    x = wave(60 + part, clips * frames * height * width, 1.0).view(clips, frames, height, width)
    t = 1.1 + wave(70 + part, clips * classes, 1.0).view(clips, classes)
    return x, torch.tensor(np.float32(t / t.sum(1, keepdim=True)), dtype=torch.float64)


CASES = [
    ([3, 18], 3, 5, 2, (3, 9, 7), 3),
    ([20], 3, 17, 3, (2, 5, 11), 2),
    ([5, 17], 5, 4, 2, (2, 11, 9), 3),
    ([4, 3], 7, 6, 3, (4, 7, 10), 2),
    ([18, 5], 1, 3, 18, (3, 6, 5), 2),
]
KINDS = {"gru": 3, "bi-gru": 2, "lstm": 4, "bi-lstm": 2, "attention": 5, "frames": 3, "r2plus1d": 5}
KINDS |= {"attention-average": 3, "r2plus1d-average": 2, "attention-stride": 5, "r2plus1d-stride": 3}
print("kind,case,what,a,b")
for kind, count in KINDS.items():
    for number, (channels, side, hidden, clips, shape, classes) in enumerate(CASES[:count]):
        of, _, down = kind.partition("-") if "bi" not in kind else (kind, "", "")
        net = Net(of, channels, side, hidden, classes, 3 + number % 2 * 2, down or "max")
        for part, (name, parameter) in enumerate(net.in_order()):
            parameter.data = wave(part, parameter.numel(), scale(name)).view(parameter.shape)
        optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
        for step in range(50):
            x, t = batch(step % 3, clips, shape, classes)
            loss = F.cross_entropy(net(x), t)
            optimiser.zero_grad()
            loss.backward()
            if step == 0:
                for name, parameter in net.in_order():
                    g = parameter.grad.flatten()
                    along = (g * torch.cos(torch.arange(len(g)))).sum()
                    print(f"{kind},{number},{name},{along:.9e},{g.norm():.9e}")
            if step % 7 == 0:
                print(f"{kind},{number},step {step},{loss:.9e},")
            optimiser.step()
        net.eval()
        for index, value in enumerate(net(batch(0, clips, shape, classes)[0]).log_softmax(1).flatten()):
            print(f"{kind},{number},logarithm {index},{value:.9e},")
