#!/usr/bin/env bash
# Guess:     the ResNet-18 that ML.NET ships as a featurizer is the paper's and torchvision's: four levels of two residual blocks, 20 convolutions (one of 7×7, sixteen
#            of 3×3, three projections), so that a network written down from the paper takes its weights.
# Version:   Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1 (ResNet18Onnx/ResNet18.onnx).
# Behaviour: its last level has three blocks and every level but the first a projection: nine additions and 22 convolutions, each with a batch norm of its own. The
#            paper's network finds two convolutions too many and no place for them; features of the two networks are of different depth.
# Seen:      9 Add, 22 Conv, 22 BatchNormalization, 19 Relu, 1 MaxPool; weights of 512×512×3×3: 5, where the paper's network has 3.
# Source:    the file itself. The paper: He et al. 2015, Deep Residual Learning for Image Recognition, table 1 (18-layer: 2, 2, 2, 2 blocks).
# Fails if that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > fetch.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><RestorePackagesPath>packages</RestorePackagesPath></PropertyGroup>
  <ItemGroup><PackageDownload Include="Microsoft.ML.DnnImageFeaturizer.ResNet18" Version="[0.23.1]" /></ItemGroup>
</Project>
PROJECT
dotnet restore -v quiet > restore.log 2>&1 || { cat restore.log; exit 1; }
python3 - packages/microsoft.ml.dnnimagefeaturizer.resnet18/0.23.1/tools/DnnImageModels/ResNet18Onnx/ResNet18.onnx <<'PROGRAM'
import sys

data = open(sys.argv[1], "rb").read()

def varint(at):
    value = shift = 0
    while True:
        byte = data[at]
        at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value, at

def fields(at, end):
    """(number, start, end) of a protobuf message's parts that have a length; (number, value, None) of numbers."""
    while at < end:
        key, at = varint(at)
        if key & 7 == 2:
            size, at = varint(at)
            yield key >> 3, at, at + size
            at += size
        elif key & 7 == 0:
            value, at = varint(at)
            yield key >> 3, value, None
        else:
            at += {1: 8, 5: 4}[key & 7]

# ModelProto.graph = 7; GraphProto.node = 1, .initializer = 5; NodeProto.op_type = 4; TensorProto.dims = 1.
graph = next((a, b) for n, a, b in fields(0, len(data)) if n == 7)
ops, shapes = {}, []
for number, start, end in fields(*graph):
    if number == 1:
        op = next(data[a:b].decode() for n, a, b in fields(start, end) if n == 4)
        ops[op] = ops.get(op, 0) + 1
    elif number == 5:
        dims = []
        for n, a, b in fields(start, end):
            if n == 1 and b is None:
                dims.append(a)
            elif n == 1:
                while a < b:
                    value, a = varint(a)
                    dims.append(value)
        shapes.append(tuple(dims))
wide = shapes.count((512, 512, 3, 3))
print(", ".join(f"{ops.get(o, 0)} {o}" for o in ("Add", "Conv", "BatchNormalization", "Relu", "MaxPool")), f"; 512x512x3x3 weights: {wide}")
same = (ops.get("Add"), ops.get("Conv"), ops.get("BatchNormalization"), ops.get("Relu"), wide) == (9, 22, 22, 19, 5)
print("as written: nine blocks" if same else "CHANGED")
sys.exit(not same)
PROGRAM
