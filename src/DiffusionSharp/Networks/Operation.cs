namespace DiffusionSharp.Networks;

/// <summary>
/// What a node computes. Values are [N, C, H, W]; a vector is an image of one pixel. The set is closed: an engine
/// handles every case below and nothing else.
/// </summary>
public abstract record Operation
{
    private Operation()
    {
    }

    /// <summary>What may be asked of it without knowing which it is.</summary>
    /// <param name="shape">Shape of its value for one image.</param>
    public abstract OperationFacts Facts(ImageShape shape);

    /// <summary>The noisy images x_t.</summary>
    public sealed record InputX : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>The timesteps, [N, 1, 1, 1].</summary>
    public sealed record InputTimestep : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>The class labels, [N, 1, 1, 1].</summary>
    public sealed record InputLabel : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>Convolution with zero padding on every side.</summary>
    /// <param name="Weight">[Out, In, Kernel.Height, Kernel.Width].</param>
    /// <param name="Bias">[Out].</param>
    /// <param name="Kernel">Sides of the kernel.</param>
    /// <param name="Stride">Step between outputs.</param>
    /// <param name="Padding">Zeros above and below, and on the left and right.</param>
    public sealed record Conv2d(ParameterSpec Weight, ParameterSpec Bias, Sides Kernel, int Stride, Sides Padding) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.FromParameters(Weight, Bias) with { Flops = 2 * Weight.Elements * shape.Pixels, IsProduct = true };
    }

    /// <summary>The same matrix applied to the channels of every pixel.</summary>
    /// <param name="Weight">[Out, In].</param>
    /// <param name="Bias">[Out]; null adds nothing.</param>
    public sealed record Linear(ParameterSpec Weight, ParameterSpec? Bias) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.FromParameters(Weight, Bias) with { Flops = 2 * Weight.Elements * shape.Pixels, IsProduct = true };
    }

    /// <summary>Normalises each group of channels of each image, then scales and shifts each channel.</summary>
    /// <param name="Weight">[C].</param>
    /// <param name="Bias">[C].</param>
    /// <param name="Groups">Number of groups; divides C.</param>
    /// <param name="Epsilon">Added to the variance.</param>
    public sealed record GroupNorm(ParameterSpec Weight, ParameterSpec Bias, int Groups, double Epsilon) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.FromParameters(Weight, Bias);
    }

    /// <summary>Scales the channels of each pixel, a vector x, to g·√C·x/max(‖x‖, Floor) (Zhang and Sennrich 2019; ‖x‖ is the Euclidean length).</summary>
    /// <param name="Weight">g, [C].</param>
    /// <param name="Floor">The least length that is divided by.</param>
    public sealed record RmsNorm(ParameterSpec Weight, double Floor) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.FromParameters(Weight);
    }

    /// <summary>y = x·Φ(x) with the normal distribution's Φ (Hendrycks and Gimpel 2016), exact.</summary>
    public sealed record Gelu : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>y = x·sigmoid(x).</summary>
    public sealed record Silu : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>y = max(x, 0).</summary>
    public sealed record Relu : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>a + b of the same shape.</summary>
    public sealed record Add : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>An image plus a vector, the vector added to every pixel.</summary>
    public sealed record AddPerChannel : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>x·(1 + scale) + shift, where a vector of 2C holds scale, then shift.</summary>
    public sealed record ScaleShift : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>y = Factor·x + Offset.</summary>
    /// <param name="Factor">The factor.</param>
    /// <param name="Offset">The offset.</param>
    public sealed record Affine(double Factor, double Offset) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>Joins channels: a's, then b's.</summary>
    public sealed record Concat : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>Doubles both sides by repeating pixels.</summary>
    public sealed record UpsampleNearest : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>Halves both sides by averaging 2×2 pixels.</summary>
    public sealed record AveragePool : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>The largest value of each window, channel by channel. What lies outside the image plays no part.</summary>
    /// <param name="Kernel">Side of the square window.</param>
    /// <param name="Stride">Step between windows.</param>
    /// <param name="Padding">Pixels by which windows reach over every side; at most half a window.</param>
    public sealed record MaxPool(int Kernel, int Stride, int Padding) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>The mean of each window, channel by channel. What lies outside the image plays no part, in the divisor neither.</summary>
    /// <param name="Kernel">Side of the square window.</param>
    /// <param name="Stride">Step between windows.</param>
    /// <param name="Padding">Pixels by which windows reach over every side; at most half a window.</param>
    public sealed record MeanPool(int Kernel, int Stride, int Padding) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>The mean of all pixels, [C, 1, 1].</summary>
    public sealed record MeanPixel : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>One column of zeros on the right and one row at the bottom.</summary>
    public sealed record PadRightBottom : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>softmax(q·kᵀ/√d)·v over all pixels of an image, per head of d channels; inputs q, k, v.</summary>
    /// <param name="Heads">Number of heads; divides C.</param>
    /// <param name="Memory">Learned keys and values that join those of every image, [2, Heads, M, d]; null for none.</param>
    public sealed record Attention(int Heads, ParameterSpec? Memory = null) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.FromParameters(Memory) with { Flops = 4 * shape.Pixels * (shape.Pixels + (Memory?.Shape[2] ?? 0)) * shape.Channels };
    }

    /// <summary>
    /// Attention at a cost linear in the pixels (Shen et al. 2018), per head of d channels; inputs q, k, v. With q' = softmax(q) over the
    /// channels of a pixel, divided by √d, and k' = softmax(k) over all pixels, the result is q'·(k'ᵀ·v).
    /// </summary>
    /// <param name="Heads">Number of heads; divides C.</param>
    /// <param name="Memory">Learned keys and values that join those of every image, [2, Heads, d, M]; null for none.</param>
    public sealed record LinearAttention(int Heads, ParameterSpec? Memory = null) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.FromParameters(Memory) with { Flops = 2 * ((2 * shape.Pixels) + (Memory?.Shape[3] ?? 0)) * shape.Channels * (shape.Channels / Heads) };
    }

    /// <summary>
    /// The pixels of an image as a row of tokens, [C, 1, HW + 1]: their mean, then each of them, each plus the learned vector of its place
    /// (guided-diffusion's attention pooling, Radford et al. 2021).
    /// </summary>
    /// <param name="Positions">[C, HW + 1].</param>
    public sealed record PoolTokens(ParameterSpec Positions) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.FromParameters(Positions);
    }

    /// <summary>The first pixel, [C, 1, 1].</summary>
    public sealed record FirstPixel : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }

    /// <summary>Sines and cosines of the timestep (DDPM, appendix B).</summary>
    /// <param name="Dimension">Width of the result.</param>
    /// <param name="FlipSinToCos">[cos, sin] instead of [sin, cos].</param>
    /// <param name="FreqShift">Subtracted from the exponent's denominator.</param>
    /// <param name="Scale">The sinusoid is that of t·Scale.</param>
    /// <param name="MaxPeriod">The exponent's base: periods grow from 2π to about 2π times this.</param>
    /// <param name="Augmentation">
    /// [Dimension, labels]: in training its product with the labels of an image's augmentation is added (Karras et al. 2022, appendix F.2); outside they are
    /// 0, and it plays no part. Null for none.
    /// </param>
    public sealed record TimestepEmbedding(
        int Dimension, bool FlipSinToCos, double FreqShift, double Scale = 1, double MaxPeriod = 10000, ParameterSpec? Augmentation = null) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.FromParameters(Augmentation);
    }

    /// <summary>A row of a table, picked by the label.</summary>
    /// <param name="Table">[Classes, Dimension].</param>
    public sealed record Embedding(ParameterSpec Table) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.FromParameters(Table);
    }

    /// <summary>Zeroes values with a probability and scales up the rest; the identity outside training.</summary>
    /// <param name="Probability">In (0, 1).</param>
    public sealed record Dropout(double Probability) : Operation
    {
        /// <inheritdoc/>
        public override OperationFacts Facts(ImageShape shape) => OperationFacts.None;
    }
}
