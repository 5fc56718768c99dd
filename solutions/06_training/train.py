"""Train a small network on handwritten digits. Runs anywhere: paths come in as arguments."""

import argparse
import csv
from pathlib import Path

import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path, required=True, help="CSV: a label, then 64 pixels from 0 to 1")
parser.add_argument("--model-dir", type=Path, default=Path("model"), help="where the trained model goes")
parser.add_argument("--epochs", type=int, default=20)
args = parser.parse_args()

torch.manual_seed(6)
torch.set_num_threads(1)  # So small a network only loses time when threads share it.

with args.data.open() as file:
    rows = list(csv.reader(file))[1:]
labels = torch.tensor([int(row[0]) for row in rows])
pixels = torch.tensor([[float(value) for value in row[1:]] for row in rows])

network = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(network.parameters(), lr=0.005)
loss_of = nn.CrossEntropyLoss()

for epoch in range(1, args.epochs + 1):
    for batch in torch.randperm(len(labels)).split(32):
        optimizer.zero_grad()
        loss = loss_of(network(pixels[batch]), labels[batch])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        scores = network(pixels)
    accuracy = (scores.argmax(dim=1) == labels).float().mean()
    print(f"epoch={epoch} loss={loss_of(scores, labels):.4f} accuracy={accuracy:.4f}", flush=True)

args.model_dir.mkdir(parents=True, exist_ok=True)
model_file = args.model_dir / "model.pt2"
batch_size = torch.export.Dim("batch_size")  # The endpoint may be asked about any number of images.
exported = torch.export.export(network.eval(), (pixels[:2],), dynamic_shapes=({0: batch_size},))
torch.export.save(exported, model_file)
print(f"saved {model_file}", flush=True)
