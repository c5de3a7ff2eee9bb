using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Attention;
using DiffusionSharp.Cpu.Kernels.Convolution;
using DiffusionSharp.Cpu.Kernels.Embedding;
using DiffusionSharp.Cpu.Kernels.Images;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Normalization;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>The steps of a backward pass. A gradient is a plain view of its value's shape; one that exists already is added where it is written.</summary>
internal sealed partial class Steps<T>
{
    // Weights as gradients to inputs read them, of one convolution at a time.
    private readonly ParameterSet transposed = new();
    private long transposedFloats;

    /// <summary>The labels of augmentations, which only training has.</summary>
    public View Augmentation(int labels) => Vector(labels, "augmentation", perCondition: false, y => new AugmentationLabels(y));

    public View Loss(View prediction, int channels, LossKind kind, LossReduction reduction)
    {
        var view = Like(prediction);
        Append("loss", new LossGradient(prediction, channels, view.Segments[0], kind, reduction), prediction);
        return view;
    }

    /// <summary>The caller's gradient of the prediction.</summary>
    public View Cotangent(View prediction)
    {
        var view = Like(prediction);
        Append("cotangent", new ImageInput(view, ofCotangent: true));
        return view;
    }

    /// <summary>Adds a gradient to the caller's of the images.</summary>
    public void ToImages(View gradient) => Append("to images", new ImageGradient(gradient), gradient);

    /// <summary>Adds a gradient, of timesteps or of their sines and cosines, to the caller's of the timesteps.</summary>
    public void ToTimesteps(View gradient, Operation.TimestepEmbedding? embedding) =>
        Append("to timesteps", new TimestepGradient(gradient.Segments[0], embedding), gradient);

    /// <summary>The gradient to a convolution's input.</summary>
    /// <param name="gradient">That of its output.</param>
    /// <param name="weight">Its weights.</param>
    /// <param name="from">Where they lie.</param>
    /// <param name="shape">Its geometry.</param>
    /// <param name="input">Its input's shape.</param>
    /// <param name="added">What is added, or null.</param>
    public View InputGradient(View gradient, ParameterSpec weight, PackedWeights from, ConvolutionShape shape, ImageShape input, View? added)
    {
        var layout = from.Layout;
        var back = shape with { Height = input.Height, Width = input.Width };
        var method = Convolutions.BestBackward(gradient, back, input.Channels);
        var to = new PackedWeights(
            new PanelLayout(layout.Inputs, layout.Outputs, layout.Taps, TapsTogether: method != ConvolutionMethod.Product), ParameterPlace.In(transposed, 0));
        transposedFloats = Math.Max(transposedFloats, to.Layout.Floats);
        Append($"{weight.Name}, transposed", new TransposedWeights(from, to, half: method != ConvolutionMethod.Product));
        var result = New(input);
        var epilogue = new Epilogue(noBias, result.Segments[0], null, added?.Segments[0].Buffer);
        var step = method == ConvolutionMethod.Product
            ? new DirectConvolution<T, Float32Weights>(gradient, TapPhase.Transposed(shape, input.Height, input.Width), input.Width, input.Height, to, epilogue, zeros)
            : Convolutions.Create<T>(method, gradient, back, to, epilogue, zeros);
        Append($"{weight.Name}, to inputs", step, gradient);
        Use(added?.Segments[0].Buffer);
        return result;
    }

    public void WeightGradient(View input, View gradient, ParameterSpec weight, PanelLayout layout, ParameterPlace place, ConvolutionShape shape)
    {
        var target = new WeightTarget(layout, place);
        IStep step = Convolutions.GainsByWinograd(input, shape, layout.Outputs)
            ? new WinogradWeightGradient<T>(input, gradient, shape, target, zeros)
            : Own(new DirectWeightGradient<T>(input, gradient, shape, target));
        Append($"{weight.Name}, to weights", step, input, gradient);
    }

    /// <summary>Sums over pixels, one row for each image.</summary>
    public View PixelSums(View gradient)
    {
        var rows = New(gradient.Channels, 1, 1, perCondition: false);
        Append("sums over pixels", new PixelSums<T>(gradient, rows.Segments[0]), gradient);
        return rows;
    }

    /// <summary>Sums of the images' rows, which are a parameter's gradient.</summary>
    public void ImageSums(View rows, int first, ParameterLayout layout, ParameterSpec parameter, ParameterPlace place) =>
        Append($"{parameter.Name}, to weights", new ImageSums<T>(rows.Segments[0], first, (int)layout.Floats, layout is RowLayout { Rows: 1 } r ? r.Columns : (int)layout.Floats, place), rows);

    public void TableGradient(View gradient, RowLayout layout, ParameterSpec table, ParameterPlace place) =>
        Append($"{table.Name}, to weights", new TableGradient(gradient.Segments[0], layout, place), gradient);

    /// <summary>
    /// The gradient of a norm of groups: to its input, each image's to scale and shift, to the vector that followed; and its value, made again. Where nobody
    /// else reads the gradient, that to the input goes into its place.
    /// </summary>
    public (View Input, View Parameters, View? Vector, View? Result) NormalizationGradient(
        View x, View gradient, Segment statistics, NormalizationOptions options, ParameterPlace scale, ParameterPlace shift, View? added, bool again, bool inPlace)
    {
        var (dx, rows, result) = (inPlace ? gradient : Like(gradient), New(2 * gradient.Segments[0].Stride, 1, 1, perCondition: false), again ? Like(gradient) : null);
        var vector = options.ScaleShift is null ? null : New(2 * gradient.Channels, 1, 1, perCondition: false);
        var outputs = new NormalizationGradientOutputs(dx.Segments[0], added?.Segments[0].Buffer, result?.Segments[0], rows.Segments[0], vector?.Segments[0]);
        Append("norm, backward", new NormalizationGradient<T>(x, gradient.Segments[0], statistics, options, scale, shift, outputs), x, gradient);
        Use(statistics.Buffer);
        Use(options.ScaleShift?.Buffer);
        Use(added?.Segments[0].Buffer);
        return (dx, rows, vector, result);
    }

    /// <summary>The gradient of a norm of pixels: to its input, each image's to the scale, to the vector that followed; and its value, made again.</summary>
    public (View Input, View Parameters, View? Vector, View? Result) PixelNormalizationGradient(
        View x, View gradient, NormalizationOptions options, ParameterPlace scale, View? added, bool again)
    {
        var (dx, rows, result) = (Like(gradient), New(gradient.Channels, 1, 1, perCondition: false), again ? Like(gradient) : null);
        var vector = options.ScaleShift is null ? null : New(2 * gradient.Channels, 1, 1, perCondition: false);
        var step = new PixelNormalizationGradient<T>(
            x, gradient.Segments[0], options, scale, dx.Segments[0], rows.Segments[0], vector?.Segments[0], result?.Segments[0], added?.Segments[0].Buffer);
        Append("norm, backward", step, x, gradient);
        Use(options.ScaleShift?.Buffer);
        Use(added?.Segments[0].Buffer);
        return (dx, rows, vector, result);
    }

    /// <summary>The gradients of an attention, linear or not: to q, k and v, and each image's to its memory.</summary>
    public (View[] Qkv, View? Memory) AttentionGradient(View[] qkv, View gradient, int heads, MemoryLayout? layout, ParameterPlace? place, bool linear)
    {
        View[] results = [Like(gradient), Like(gradient), Like(gradient)];
        var rows = layout is null ? null : New((int)layout.Floats, 1, 1, perCondition: false);
        var memory = layout is null ? null : new AttentionMemory(layout, place!);
        var outputs = new AttentionGradientOutputs(results[0].Segments[0], results[1].Segments[0], results[2].Segments[0], rows?.Segments[0].Buffer);
        IStep step = linear
            ? new LinearAttentionGradient<T>(qkv, gradient.Segments[0], outputs, heads, memory)
            : new AttentionGradient<T>(qkv, gradient.Segments[0], outputs, heads, memory);
        Append("attention, backward", step, [.. qkv, gradient]);
        return (results, rows);
    }

    public View PointwiseGradient<TDerivative>(View x, View gradient, TDerivative derivative, View? added)
        where TDerivative : struct, IPointwiseGradient
    {
        var view = Like(gradient);
        Append("pointwise, backward", new PointwiseGradient<T, TDerivative>(x, gradient.Segments[0], view.Segments[0], derivative, added?.Segments[0].Buffer), x, gradient);
        Use(added?.Segments[0].Buffer);
        return view;
    }

    public (View Input, View Vector) ScaleShiftGradient(View x, View gradient, VectorSource vector, View? added)
    {
        var (view, row) = (Like(gradient), New(2 * gradient.Channels, 1, 1, perCondition: false));
        Append("scale, backward", new ScaleShiftGradient<T>(x, gradient.Segments[0], vector, view.Segments[0], row.Segments[0], added?.Segments[0].Buffer), x, gradient);
        Use(vector.Buffer);
        Use(added?.Segments[0].Buffer);
        return (view, row);
    }

    /// <summary>The gradient of one of several values whose channels were joined.</summary>
    public View Split(View gradient, int first, ImageShape shape, View? added) =>
        Spread("split", gradient, shape, added, (to, buffer) => new Split<T>(gradient, first, to.Segments[0], buffer));

    public View SumPool(View gradient, ImageShape shape, View? added) =>
        Spread("sums of 2×2", gradient, shape, added, (to, buffer) => new SumPool<T>(gradient, to, buffer));

    public View PoolGradient(View gradient, ImageShape shape, View? added) =>
        Spread("pool, backward", gradient, shape, added, (to, buffer) => new AveragePoolGradient<T>(gradient, to, buffer));

    public View MaxPoolGradient(View x, View gradient, PoolingShape windows, View? added)
    {
        var (view, buffer) = (Like(x), added?.Segments[0].Buffer);
        Append("pool, backward", new MaxPoolGradient(x, gradient, view, windows, buffer), x, gradient);
        Use(buffer);
        return view;
    }

    public View MeanPoolGradient(View gradient, PoolingShape windows, ImageShape shape, View? added) =>
        Spread("pool, backward", gradient, shape, added, (to, buffer) => new MeanPoolGradient<T>(gradient, to, windows, buffer));

    public View MeanGradient(View gradient, ImageShape shape, View? added) =>
        Spread("mean, backward", gradient, shape, added, (to, buffer) => new MeanPixelGradient<T>(gradient, to, buffer));

    public View TokensGradient(View gradient, ImageShape shape, View? added) =>
        Spread("tokens, backward", gradient, shape, added, (to, buffer) => new PoolTokensGradient(gradient, to, buffer));

    /// <summary>The gradient to the positions of tokens: the sum over images of what the tokens have.</summary>
    public void PositionGradient(View gradient, PositionLayout layout, ParameterSpec positions, ParameterPlace place)
    {
        // An image's tokens as one row.
        var row = new Segment(gradient.Segments[0].Buffer, (int)layout.Floats);
        Append($"{positions.Name}, to weights", new ImageSums<T>(row, 0, (int)layout.Floats, (int)layout.Floats, place), gradient);
    }

    public View FirstGradient(View gradient, ImageShape shape, View? added) =>
        Spread("first pixel, backward", gradient, shape, added, (to, buffer) => new FirstPixelGradient<T>(gradient, to, buffer));

    public View Crop(View gradient, ImageShape shape, View? added) =>
        Spread("crop", gradient, shape, added, (to, buffer) => new Crop<T>(gradient, to, buffer));

    // A gradient whose values go to other places.
    private View Spread(string name, View gradient, ImageShape shape, View? added, Func<View, int?, IStep> step)
    {
        var (view, buffer) = (New(shape), added?.Segments[0].Buffer);
        Append(name, step(view, buffer), gradient);
        Use(buffer);
        return view;
    }

    private View New(ImageShape shape) => New(shape.Channels, shape.Height, shape.Width, perCondition: false);

    private void AllocateTransposed()
    {
        const int Overread = 32;
        transposed.Current = transposedFloats == 0 ? null : Own(new AlignedMemory(sizeof(float) * (transposedFloats + Overread)));
    }
}
