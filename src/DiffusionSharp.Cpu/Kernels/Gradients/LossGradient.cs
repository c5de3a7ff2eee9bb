using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Training;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>Each image's loss, in float64, and its gradient to the prediction, which is a part of the batch's mean.</summary>
internal sealed unsafe class LossGradient : IStep
{
    private readonly View prediction;
    private readonly Segment gradient;
    private readonly LossKind kind;
    private readonly LossReduction reduction;
    private readonly Action<int, int> image;
    private Workspace workspace = null!;

    public LossGradient(View prediction, Segment gradient, LossKind kind, LossReduction reduction)
    {
        (this.prediction, this.gradient, this.kind, this.reduction) = (prediction, gradient, kind, reduction);
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
        var (pixels, channels, stride) = (prediction.Pixels, segment.Channels, segment.Stride);
        var target = update.Target + ((nint)image * channels * pixels);
        float* x = prediction.Of(segment, workspace).At(image, 0), d = workspace.Pointer(gradient.Buffer) + ((nint)image * pixels * stride);
        double each = reduction == LossReduction.Mean ? 1.0 / ((double)channels * pixels) : 1, weight = update.Weights[image];
        var (factor, sum) = (weight * each / update.Batch, 0.0);
        for (var pixel = 0; pixel < pixels; pixel++, x += stride, d += stride)
        {
            for (var c = 0; c < channels; c++)
            {
                var (loss, slope) = Of((double)x[c] - target[(c * pixels) + pixel]);
                sum += loss;
                d[c] = (float)(slope * factor);
            }

            new Span<float>(d + channels, stride - channels).Clear();
        }

        update.Losses[image] = sum * each * weight;
    }

    // Of NaN it is NaN.
    private static double Sign(double error) => error > 0 ? 1 : error < 0 ? -1 : error;

    private (double Loss, double Slope) Of(double error) => kind switch
    {
        LossKind.L1 => (Math.Abs(error), Sign(error)),
        LossKind.Huber => Math.Abs(error) < 1 ? (0.5 * error * error, error) : (Math.Abs(error) - 0.5, Sign(error)),
        _ => (error * error, 2 * error),
    };
}
