using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>
/// Each image's loss, in float64, and its gradient to the prediction, which is a part of the batch's mean. Of a prediction with 2C channels the second
/// half is the variance, which learns the variational bound; the first half's gradient is the same with and without it.
/// </summary>
internal sealed unsafe class LossGradient : IStep
{
    private readonly View prediction;
    private readonly int channels;
    private readonly Segment gradient;
    private readonly LossKind kind;
    private readonly LossReduction reduction;
    private readonly Action<int, int> image;
    private Workspace workspace = null!;

    /// <param name="prediction">What the network returned.</param>
    /// <param name="channels">The image's channels: the prediction's, or half of them.</param>
    /// <param name="gradient">Receives the gradient.</param>
    /// <param name="kind">The loss of an error.</param>
    /// <param name="reduction">How an image's errors become its loss.</param>
    public LossGradient(View prediction, int channels, Segment gradient, LossKind kind, LossReduction reduction)
    {
        (this.prediction, this.channels, this.gradient, this.kind, this.reduction) = (prediction, channels, gradient, kind, reduction);
        image = Image;
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images, image);
    }

    private void Image(int worker, int image)
    {
        var (update, segment) = (workspace.Update, prediction.Segments[0]);
        var (pixels, returned, stride) = (prediction.Pixels, segment.Channels, segment.Stride);
        float* target = update.Target + ((nint)image * channels * pixels), noisy = workspace.Inputs.X + ((nint)image * channels * pixels);
        float* x = prediction.Locate(segment, workspace).At(image, 0), d = workspace.Pointer(gradient.Buffer) + ((nint)image * pixels * stride);
        double each = reduction == LossReduction.Mean ? 1.0 / ((double)channels * pixels) : 1, weight = update.LossWeights[image];
        var (factor, sum, bits) = (weight * each / update.Batch, 0.0, 0.0);
        var learnsVariance = returned > channels;
        var term = learnsVariance ? update.Terms[image] : default;
        var termFactor = term.LossWeight * each / update.Batch;
        for (var pixel = 0; pixel < pixels; pixel++, x += stride, d += stride)
        {
            for (var c = 0; c < channels; c++)
            {
                var place = (c * pixels) + pixel;
                var error = (double)x[c] - target[place];
                var (loss, slope) = Evaluate(error);
                sum += loss;
                d[c] = (float)(slope * factor);
                if (learnsVariance)
                {
                    var (more, steepness) = term.At(x[channels + c], error, (term.X0FromX * noisy[place]) + (term.X0FromTarget * target[place]));
                    bits += more;
                    d[channels + c] = (float)(steepness * termFactor);
                }
            }

            new Span<float>(d + returned, stride - returned).Clear();
        }

        var simple = sum * each * weight;
        update.Losses[image] = learnsVariance ? simple + (bits * each * term.LossWeight) : simple;
    }

    // Of NaN it is NaN.
    private static double Sign(double error) => error > 0 ? 1 : error < 0 ? -1 : error;

    private (double Loss, double Slope) Evaluate(double error) => kind switch
    {
        LossKind.L1 => (Math.Abs(error), Sign(error)),
        LossKind.Huber => Math.Abs(error) < 1 ? (0.5 * error * error, error) : (Math.Abs(error) - 0.5, Sign(error)),
        _ => (error * error, 2 * error),
    };
}
