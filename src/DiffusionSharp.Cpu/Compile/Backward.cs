using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Convolution;
using DiffusionSharp.Cpu.Kernels.Normalization;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Parameters;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>
/// The backward pass, from fused nodes to steps in the opposite order: one rule for each operation. It ends at the parameters, or, where these
/// are fixed, at the images and timesteps. What a norm made is made again beside its gradient and not kept; so a convolution that read it takes
/// the gradient to its weights right after.
/// </summary>
internal sealed class Backward<T>
    where T : unmanaged, ISimd<T>
{
    private readonly FusedNode[] nodes;
    private readonly Emitter<T> forward;
    private readonly Steps<T> steps;
    private readonly IParameterSource parameters;
    private readonly TrainedParameters? learned;
    private readonly bool narrow;
    private readonly RecomputedNorms norms;
    private readonly NodeGradients<T> gradients;
    private readonly List<Action<View>>[] waiting;

    /// <param name="nodes">The nodes.</param>
    /// <param name="forward">What wrote the steps of the way there.</param>
    /// <param name="steps">Where steps go.</param>
    /// <param name="parameters">What these read.</param>
    /// <param name="learned">Those whose gradients are wanted; null where it is those of the images and timesteps.</param>
    /// <param name="narrow">Whether the forward pass leaves its values in 16 bits.</param>
    public Backward(FusedNode[] nodes, Emitter<T> forward, Steps<T> steps, IParameterSource parameters, TrainedParameters? learned, bool narrow = false)
    {
        (this.nodes, this.forward, this.steps, this.parameters, this.learned, this.narrow) = (nodes, forward, steps, parameters, learned, narrow);
        norms = new RecomputedNorms(nodes);
        var wanted = new bool[nodes.Length];
        waiting = [.. nodes.Select(_ => new List<Action<View>>())];
        for (var i = 0; i < nodes.Length; i++)
        {
            wanted[i] = IsEnd(nodes[i]) || nodes[i].Reads.Any(r => wanted[r]);
        }

        gradients = new NodeGradients<T>(steps, wanted);
    }

    /// <summary>Writes the steps.</summary>
    /// <param name="gradient">That of the prediction.</param>
    public void Emit(View gradient)
    {
        gradients.Give(nodes.Length - 1, gradient);
        for (var i = nodes.Length - 1; i >= 0; i--)
        {
            if (gradients.IsWanted(i) && gradients[i] is { } g)
            {
                Emit(i, nodes[i], g);
            }
        }
    }

    // Where the way back leads.
    private bool IsEnd(FusedNode node) => learned is null ? node.Operation is Operation.InputX or Operation.InputTimestep : node.HasParameters;

    // A value of the forward pass.
    private View Left(View value) => narrow ? steps.Recall(value) : value;

    private void Emit(int i, FusedNode node, View g)
    {
        var inputs = node.Inputs;
        if (node.Relu)
        {
            g = steps.PointwiseGradient(Left(forward.Plain(i)), g, default(ReluDerivative), null);
        }

        if (node.Residual is { } residual)
        {
            gradients.Give(residual, g);
        }

        switch (node.Operation)
        {
            case Operation.Conv2d c:
                Convolution(node, g, c.Weight, c.Bias, new(c.Kernel, c.Stride, c.Padding, node.Shape.Height, node.Shape.Width));
                break;
            case Operation.Linear l:
                Convolution(node, g, l.Weight, l.Bias, new(1, 1, 0, node.Shape.Height, node.Shape.Width));
                break;
            case Operation.GroupNorm n:
                Normalization(i, node, g, n);
                break;
            case Operation.RmsNorm n:
                Normalization(i, node, g, n);
                break;
            case Operation.Silu:
                gradients.Write(inputs[0], added => steps.PointwiseGradient(Left(forward.Plain(inputs[0])), g, default(SiluDerivative), added));
                break;
            case Operation.Gelu:
                gradients.Write(inputs[0], added => steps.PointwiseGradient(Left(forward.Plain(inputs[0])), g, default(GeluDerivative), added));
                break;
            case Operation.Relu:
                gradients.Write(inputs[0], added => steps.PointwiseGradient(Left(forward.Plain(inputs[0])), g, default(ReluDerivative), added));
                break;
            case Operation.Affine a:
                gradients.Write(inputs[0], added => steps.PointwiseGradient(g, g, new AffineDerivative(a.Factor), added));
                break;
            case Operation.Dropout:
                gradients.Give(inputs[0], steps.Drop(g, node.Dropout!.Value));
                break;
            case Operation.Add:
                gradients.Give(inputs[0], g);
                gradients.Give(inputs[1], g);
                break;
            case Operation.AddPerChannel:
                gradients.Give(inputs[0], g);
                if (gradients.IsWanted(inputs[1]))
                {
                    gradients.Give(inputs[1], steps.PixelSums(g));
                }

                break;
            case Operation.ScaleShift:
                {
                    var (dx, vector) = steps.ScaleShiftGradient(Left(forward.Plain(inputs[0])), g, forward.Vector(inputs[1], perCondition: false), gradients[inputs[0]]);
                    gradients.Set(inputs[0], dx);
                    gradients.Give(inputs[1], vector);
                    break;
                }

            case Operation.Concat:
                {
                    var first = 0;
                    foreach (var input in inputs)
                    {
                        gradients.Write(input, added => steps.Split(g, first, nodes[input].Shape, added));
                        first += nodes[input].Shape.Channels;
                    }

                    break;
                }

            case Operation.UpsampleNearest:
                gradients.Write(inputs[0], added => steps.SumPool(g, nodes[inputs[0]].Shape, added));
                break;
            case Operation.PadRightBottom:
                gradients.Write(inputs[0], added => steps.Crop(g, nodes[inputs[0]].Shape, added));
                break;
            case Operation.AveragePool:
                gradients.Write(inputs[0], added => steps.PoolGradient(g, nodes[inputs[0]].Shape, added));
                break;
            case Operation.MaxPool p:
                gradients.Write(inputs[0], added => steps.MaxPoolGradient(Left(forward.Plain(inputs[0])), g, new(p.Kernel, p.Stride, p.Padding), added));
                break;
            case Operation.MeanPool p:
                gradients.Write(inputs[0], added => steps.MeanPoolGradient(g, new(p.Kernel, p.Stride, p.Padding), nodes[inputs[0]].Shape, added));
                break;
            case Operation.MeanPixel:
                gradients.Write(inputs[0], added => steps.MeanGradient(g, nodes[inputs[0]].Shape, added));
                break;
            case Operation.PoolTokens p:
                gradients.Write(inputs[0], added => steps.TokensGradient(g, nodes[inputs[0]].Shape, added));
                if (learned is not null)
                {
                    steps.PositionGradient(g, (PositionLayout)learned.LayoutOf(p.Positions), p.Positions, learned.GradientOf(p.Positions));
                }

                break;
            case Operation.FirstPixel:
                gradients.Write(inputs[0], added => steps.FirstGradient(g, nodes[inputs[0]].Shape, added));
                break;
            case Operation.Attention a:
                Attention(node, g, a.Heads, a.Memory, linear: false);
                break;
            case Operation.LinearAttention a:
                Attention(node, g, a.Heads, a.Memory, linear: true);
                break;
            case Operation.Embedding e:
                steps.TableGradient(g, (RowLayout)parameters.LayoutOf(e.Table), e.Table, learned!.GradientOf(e.Table));
                break;
            case Operation.TimestepEmbedding { Augmentation: { } labels } when learned is not null:
                steps.WeightGradient(forward.Augmentation, g, labels, (PanelLayout)parameters.LayoutOf(labels), learned.GradientOf(labels), new(1, 1, 0, 1, 1));
                break;
            case Operation.InputX:
                steps.ToImages(g);
                break;
            case Operation.InputTimestep:
                steps.ToTimesteps(g, null);
                break;
            case Operation.TimestepEmbedding e:
                steps.ToTimesteps(g, e);
                break;
            default:
                throw new NotSupportedException($"{node.Name}: the managed engine has no gradient for {node.Operation.GetType().Name}");
        }
    }

    private void Convolution(FusedNode node, View g, ParameterSpec weight, ParameterSpec? bias, ConvolutionShape shape)
    {
        if ((learned is not null && bias is not null) || (node.Vector is { } v && gradients.IsWanted(v)))
        {
            var sums = steps.PixelSums(g);
            Sum(sums, 0, bias);

            if (node.Vector is { } vector)
            {
                gradients.Give(vector, sums);
            }
        }

        var input = node.Inputs[0];
        gradients.Write(input, added => steps.InputGradient(g, weight, parameters.PackedAgain(weight), shape, nodes[input].Shape, added));
        if (learned is null)
        {
            return;
        }

        void ToWeights(View x) => steps.WeightGradient(x, g, weight, (PanelLayout)parameters.LayoutOf(weight), learned.GradientOf(weight), shape);
        if (norms.ReadBy(input) is { } norm)
        {
            waiting[norm].Add(value => ToWeights(forward.ViewOf(input) with { Segments = value.Segments }));
        }
        else
        {
            ToWeights(Left(forward.ViewOf(input)));
        }
    }

    private void Normalization(int i, FusedNode node, View g, Operation.GroupNorm n)
    {
        var x = node.Inputs[0];
        var options = new NormalizationOptions(n.Groups, n.Epsilon, VectorOf(node), node.Silu, node.Dropout);
        var (dx, rows, vector, result) = steps.NormalizationGradient(
            narrow ? steps.Kept(forward.ReadBy(i)) : forward.ReadBy(i),
            g,
            forward.StatisticsOf(i),
            options,
            parameters.Again(n.Weight),
            parameters.Again(n.Bias),
            gradients[x],
            again: waiting[i].Count > 0,
            inPlace: gradients.IsOwned(i));
        Finish(i, node, dx, vector, result);
        Sum(rows, 0, n.Weight);
        Sum(rows, g.Segments[0].Stride, n.Bias);
    }

    private void Normalization(int i, FusedNode node, View g, Operation.RmsNorm n)
    {
        var x = node.Inputs[0];
        var options = new NormalizationOptions(1, n.Floor, VectorOf(node), node.Silu);
        var (dx, rows, vector, result) = steps.PixelNormalizationGradient(Left(forward.ReadBy(i)), g, options, parameters.Again(n.Weight), gradients[x], waiting[i].Count > 0);
        Finish(i, node, dx, vector, result);
        Sum(rows, 0, n.Weight);
    }

    private void Finish(int i, FusedNode node, View dx, View? vector, View? result)
    {
        gradients.Set(node.Inputs[0], dx);
        if (vector is not null)
        {
            gradients.Give(node.ScaleShift!.Value, vector);
        }

        waiting[i].ForEach(w => w(result!));
    }

    private void Attention(FusedNode node, View g, int heads, ParameterSpec? memory, bool linear)
    {
        View[] qkv = [.. node.Inputs.Select(n => Left(forward.Plain(n)))];
        var layout = memory is null ? null : (MemoryLayout)parameters.LayoutOf(memory);
        var (results, rows) = steps.AttentionGradient(qkv, g, heads, layout, memory is null ? null : parameters.Again(memory), linear);
        for (var k = 0; k < results.Length; k++)
        {
            gradients.Give(node.Inputs[k], results[k]);
        }

        if (memory is not null)
        {
            Sum(rows!, 0, memory);
        }
    }

    private VectorSource? VectorOf(FusedNode node) => node.ScaleShift is { } s ? forward.Vector(s, perCondition: false) : null;

    // Where there is a parameter, and it learns.
    private void Sum(View rows, int first, ParameterSpec? parameter)
    {
        if (learned is not null && parameter is not null)
        {
            steps.ImageSums(rows, first, learned.LayoutOf(parameter), parameter, learned.GradientOf(parameter));
        }
    }
}
