using DiffusionSharp.Networks;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DiffusionSharp.Torch.Engine;

/// <summary>Turns each operation of a graph into calls of libtorch.</summary>
internal sealed class TorchKernels(Func<ParameterSpec, Tensor> parameter, ScalarType computeType)
{
    // TorchSharp reads a number's native handle and lets go of the object; a collection at that moment frees it under the native call.
    // So numbers are held for as long as they are in use, here and wherever else they are given to tensors (BannedSymbols.txt).
    private static readonly Scalar One = 1.ToScalar();

    /// <param name="node">The node.</param>
    /// <param name="place">Its place in the graph.</param>
    public Func<TorchProgram.Frame, Tensor> Compile(Node node, int place)
    {
        var (a, b, c) = (Input(node, 0), Input(node, 1), Input(node, 2));
        switch (node.Operation)
        {
            case Operation.InputX:
                return f => f.X.alias();
            case Operation.InputTimestep:
                return f => f.T.alias();
            case Operation.InputLabel:
                return f => (f.Labels ?? throw new DiffusionException(ErrorKind.Usage, "the network is class-conditional: give each image a label")).alias();
            case Operation.Conv2d conv:
                {
                    var (weight, bias) = (parameter(conv.Weight), parameter(conv.Bias));
                    long[] stride = [conv.Stride, conv.Stride];
                    long[] padding = [conv.Padding.Height, conv.Padding.Width];
                    return f => functional.conv2d(Cast(f.Values[a]!), Cast(weight), Cast(bias), stride, padding);
                }

            case Operation.Linear linear:
                {
                    var (weight, bias) = (parameter(linear.Weight), linear.Bias is null ? null : parameter(linear.Bias));
                    return f => ChannelsFirst(functional.linear(ChannelsLast(Cast(f.Values[a]!)), Cast(weight), bias is null ? null! : Cast(bias)));
                }

            case Operation.GroupNorm norm:
                {
                    var (weight, bias) = (parameter(norm.Weight), parameter(norm.Bias));
                    return f => functional.group_norm(Normalisable(f.Values[a]!), norm.Groups, weight, bias, norm.Epsilon);
                }

            case Operation.RmsNorm norm:
                {
                    var weight = parameter(norm.Weight);
                    var root = Math.Sqrt(node.Shape.Channels).ToScalar();
                    return f => functional.normalize(f.Values[a]!.to(ScalarType.Float32), 2, 1, norm.Floor).mul(weight.reshape(1, -1, 1, 1).mul(root));
                }

            case Operation.Gelu:
                return f => functional.gelu(f.Values[a]!);
            case Operation.Silu:
                return f => functional.silu(f.Values[a]!);
            case Operation.Relu:
                return f => functional.relu(f.Values[a]!);
            case Operation.Add or Operation.AddPerChannel:
                return f => f.Values[a]!.add(f.Values[b]!, One);
            case Operation.ScaleShift:
                return f =>
                {
                    var halves = f.Values[b]!.chunk(2, 1);
                    return f.Values[a]!.mul(halves[0].add(One, One)).add(halves[1], One);
                };
            case Operation.Affine affine:
                {
                    var (factor, offset) = (affine.Factor.ToScalar(), affine.Offset.ToScalar());
                    return f => f.Values[a]!.mul(factor).add(offset, One);
                }

            case Operation.Concat:
                return f => cat([f.Values[a]!, f.Values[b]!], 1);
            case Operation.UpsampleNearest:
                return f => functional.interpolate(f.Values[a]!, scale_factor: [2, 2], mode: InterpolationMode.Nearest);
            case Operation.AveragePool:
                return f => functional.avg_pool2d(f.Values[a]!, 2);
            case Operation.MaxPool p:
                return f => functional.max_pool2d(f.Values[a]!, [p.Kernel, p.Kernel], [p.Stride, p.Stride], [p.Padding, p.Padding]);
            case Operation.MeanPool p:
                return f => functional.avg_pool2d(f.Values[a]!, [p.Kernel, p.Kernel], [p.Stride, p.Stride], [p.Padding, p.Padding], count_include_pad: false);
            case Operation.MeanPixel:
                return f => f.Values[a]!.mean([2, 3], true);
            case Operation.PadRightBottom:
                return f => functional.pad(f.Values[a]!, (0, 1, 0, 1));
            case Operation.Attention attention:
                {
                    var memory = attention.Memory is null ? null : parameter(attention.Memory);
                    return f => Attention(f.Values[a]!, f.Values[b]!, f.Values[c]!, attention.Heads, memory);
                }

            case Operation.LinearAttention attention:
                {
                    var memory = attention.Memory is null ? null : parameter(attention.Memory);
                    var scale = (1 / Math.Sqrt(node.Shape.Channels / attention.Heads)).ToScalar();
                    return f => LinearAttention(f.Values[a]!, f.Values[b]!, f.Values[c]!, attention.Heads, memory, scale);
                }

            case Operation.PoolTokens tokens:
                {
                    var positions = parameter(tokens.Positions);
                    return f =>
                    {
                        var rows = f.Values[a]!.flatten(2);
                        return cat([rows.mean([-1], true), rows], -1).add(positions.to(rows.dtype), One).unsqueeze(2);
                    };
                }

            case Operation.FirstPixel:
                return f => f.Values[a]!.narrow(2, 0, 1).narrow(3, 0, 1);
            case Operation.TimestepEmbedding embedding:
                return f => Sinusoid(f.Values[a]!, embedding);
            case Operation.Embedding embedding:
                {
                    var table = parameter(embedding.Table);
                    return f => table.index_select(0, f.Values[a]!.reshape(-1).to(ScalarType.Int64)).unsqueeze(-1).unsqueeze(-1);
                }

            case Operation.Dropout dropout:
                return f => f.Dropout is { } kept ? f.Values[a]!.mul(kept.Factors(f.Values[a]!, place, dropout.Probability)) : f.Values[a]!.alias();
            default:
                throw new NotSupportedException($"{node.Name}: the Torch engine has no kernel for {node.Operation.GetType().Name}");
        }
    }

    private static int Input(Node node, int index) => index < node.Inputs.Count ? node.Inputs[index] : -1;

    private static Tensor ChannelsLast(Tensor x) => x.permute(0, 2, 3, 1);

    private static Tensor ChannelsFirst(Tensor x) => x.permute(0, 3, 1, 2);

    private static Tensor Attention(Tensor q, Tensor k, Tensor v, int heads, Tensor? memory)
    {
        var (n, channels, height, width) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3]);
        var result = functional.scaled_dot_product_attention(Split(q), Joined(memory, 0, Split(k), 2), Joined(memory, 1, Split(v), 2));
        return ChannelsFirst(result.transpose(1, 2).reshape(n, height, width, channels));

        Tensor Split(Tensor x) => ChannelsLast(x).reshape(n, height * width, heads, channels / heads).transpose(1, 2);
    }

    // [N·heads, d, pixels] throughout; the softmax of channels and pixels in float32.
    private Tensor LinearAttention(Tensor q, Tensor k, Tensor v, int heads, Tensor? memory, Scalar scale)
    {
        var shape = q.shape;
        var keys = Joined(memory, 0, Split(k), 3).softmax(-1, ScalarType.Float32);
        var queries = Split(q).softmax(-2, ScalarType.Float32).mul(scale);
        var summary = Cast(Together(Joined(memory, 1, Split(v), 3))).bmm(Cast(Together(keys)).transpose(1, 2));
        return summary.bmm(Cast(Together(queries))).reshape(shape);

        Tensor Split(Tensor x) => x.reshape(shape[0], heads, shape[1] / heads, shape[2] * shape[3]);

        static Tensor Together(Tensor x) => x.flatten(0, 1);
    }

    // Learned keys (of 0) or values (of 1), then each image's.
    private static Tensor Joined(Tensor? memory, int which, Tensor x, long dimension) => memory is null
        ? x
        : cat([memory[which].to(x.dtype).expand([x.shape[0], -1, -1, -1]), x], dimension);

    // exp(-k·ln period / (half - shift)), k = 0…half-1, in float64: t·f reaches 1000 and loses digits in float32.
    private static Tensor Sinusoid(Tensor t, Operation.TimestepEmbedding e)
    {
        var half = e.Dimension / 2;
        using Scalar first = 0.ToScalar(), end = half.ToScalar(), factor = (-Math.Log(e.MaxPeriod) / (half - e.FreqShift)).ToScalar();
        var exponent = arange(first, end, One, dtype: ScalarType.Float64, device: t.device).mul(factor);
        var column = t.to(ScalarType.Float64).reshape(-1, 1);
        if (e.Scale != 1)
        {
            using var scale = e.Scale.ToScalar();
            column = column.mul(scale);
        }

        var angle = column.mul(exponent.exp().unsqueeze(0));
        Tensor[] parts = e.FlipSinToCos ? [angle.cos(), angle.sin()] : [angle.sin(), angle.cos()];
        var embedding = cat(parts, 1).to(ScalarType.Float32);
        if (e.Dimension % 2 == 1)
        {
            embedding = functional.pad(embedding, (0L, 1L));
        }

        return embedding.unsqueeze(-1).unsqueeze(-1);
    }

    // CUDA's kernel wants x in the type of the scales, which are float32; the CPU's takes bfloat16 as it is.
    private static Tensor Normalisable(Tensor x) =>
        x.dtype == ScalarType.Float32 || x.device_type == DeviceType.CPU ? x : x.to(ScalarType.Float32);

    private Tensor Cast(Tensor x) => x.dtype == computeType ? x : x.to(computeType);
}
