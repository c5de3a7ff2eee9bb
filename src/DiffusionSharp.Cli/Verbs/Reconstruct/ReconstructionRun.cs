using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Cli.Verbs.Reconstruct;

/// <summary>Images encoded and decoded at every S.</summary>
internal sealed class ReconstructionRun
{
    /// <summary>Images that are shown on the sheet.</summary>
    private const int MostShown = 16;

    private readonly CliHost host;
    private readonly double[] images;
    private readonly SampleOptions options;
    private readonly IReadOnlyList<int> steps;

    /// <summary>Makes every plan, so that one that cannot be carried out is known before the first network call.</summary>
    /// <param name="host">Clock and progress.</param>
    /// <param name="model">The model.</param>
    /// <param name="images">[N, C, H, W], -1…1.</param>
    /// <param name="options">Everything but S.</param>
    /// <param name="level">Where a step up calls the network.</param>
    /// <param name="steps">Every S.</param>
    public ReconstructionRun(CliHost host, DiffusionModel model, double[] images, SampleOptions options, InversionLevel level, IReadOnlyList<int> steps)
    {
        (this.host, Model, this.images, this.options, Level, this.steps) = (host, model, images, options, level, steps);
        Plans = [.. steps.Select(s => model.InversionPlan(options with { Steps = s }, level))];
    }

    public DiffusionModel Model { get; }

    public InversionLevel Level { get; }

    /// <summary>The plan up at every S.</summary>
    public IReadOnlyList<SamplingPlan> Plans { get; }

    public int[]? Labels => options.Labels;

    public int Count => images.Length / Model.Shape.Elements;

    /// <summary>The first images, [N, C, H, W].</summary>
    public byte[] Shown => Pixels(images);

    /// <summary>Encodes and decodes, an S after the other.</summary>
    /// <param name="found">Told each row.</param>
    public IReadOnlyList<ReconstructionRow> Run(Action<ReconstructionRow> found)
    {
        var batches = Sampler.Batches(Count, options.BatchSize);
        using var meter = new SamplingMeter(host, Plans.Sum(p => 2 * batches * p.Steps.Count), options.Guidance);
        var rows = new List<ReconstructionRow>();
        foreach (var s in steps)
        {
            var result = Model.Reconstruct(images, options with { Steps = s }, Level, meter, host.Interruption.Token);
            rows.Add(new ReconstructionRow(s, result.MeanSquaredError, result.Psnr, result.NetworkCalls, Pixels(result.Images.Values)));
            meter.Clear();
            found(rows[^1]);
        }

        return rows;
    }

    private byte[] Pixels(double[] values)
    {
        var pixels = new byte[Math.Min(Count, MostShown) * Model.Shape.Elements];
        ImageFile.ToBytes(Model.Scheduler.PixelTransform.ToPictures(values.AsSpan(0, pixels.Length)), pixels);
        return pixels;
    }
}
