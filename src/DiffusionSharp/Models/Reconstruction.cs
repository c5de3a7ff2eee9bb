using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;

namespace DiffusionSharp.Models;

/// <summary>Images encoded as x_T and decoded again: one row of the DDIM paper's table 2 (Song et al. 2021, section 5.4).</summary>
/// <param name="Images">What came back, not clamped.</param>
/// <param name="MeanSquaredError">
/// Per pixel and channel, over all images, with both sides scaled from [-1, 1] to [0, 1]. What came back is not clamped to it.
/// </param>
/// <param name="NetworkCalls">Per image, up and down together: 2·S, twice that under guidance; at <see cref="InversionLevel.Refined"/>, what it took on average.</param>
public sealed record Reconstruction(SampledImages Images, double MeanSquaredError, double NetworkCalls)
{
    /// <summary>Peak signal-to-noise ratio in dB; infinite where nothing was lost.</summary>
    public double Psnr => ImageError.Psnr(MeanSquaredError);

    internal static Reconstruction Compute(
        DiffusionModel model, double[] images, SampleOptions options, InversionLevel level, IProgress<SamplerProgress>? progress, CancellationToken cancellationToken)
    {
        var count = images.Length / model.Shape.Elements;
        var calls = 0L;
        var both = options.WithSeeds(new ulong[count]) with
        {
            Noise = null,
            Only = null,
            Edit = null,
            Solver = Solver.Ddim,
            Eta = 0,
            X0Treatment = X0Treatment.None,
        };
        var counted = new SynchronousProgress<SamplerProgress>(p =>
        {
            calls += p.ImageCount * GuidedDenoiser.NetworkCalls(options.Guidance);
            progress?.Report(p);
        });
        var latents = model.Invert(images, both, level, counted, cancellationToken);
        var back = model.Sample(both with { InitialX = latents.Values }, counted, cancellationToken);
        return new Reconstruction(back, ImageError.MeanSquared(back.ToScale(), back.Transform.ToScale(images)), (double)calls / count);
    }
}
