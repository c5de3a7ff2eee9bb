using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling;

namespace DiffusionSharp.Cli.Pictures;

/// <summary>Images to be sampled: with which model, how, and from which noise.</summary>
internal sealed class SampleJob
{
    private SamplingPlan? plan;
    private Recipe? recipe;

    public required CliHost Host { get; init; }

    public required DiffusionModel Model { get; init; }

    public required SampleInputs Inputs { get; init; }

    public required ulong[] Seeds { get; init; }

    public required int[]? Labels { get; init; }

    public required SampleOptions Options { get; init; }

    public SamplingPlan Plan => plan ??= Model.Plan(Options);

    public Recipe Recipe => recipe ??= new Recipe(Model.Source.WeightsPath, Plan, Options.Eta, Inputs.Files);

    /// <summary>Samples everything in one go.</summary>
    /// <param name="trajectory">Folder for every step's arrays, which puts all images in one batch; or null.</param>
    public (SampledImages Images, SampleResult Result) All(string? trajectory)
    {
        var steps = trajectory is null ? null : new Trajectory(trajectory, Plan, Model.Graph.InputShape);
        var batch = steps is null ? Options.BatchSize : Seeds.Length;
        _ = Recipe;
        return SamplingMeter.Measure(Host, (Seeds.Length + batch - 1) / batch * Plan.NetworkCalls, report => Model.Sample(Options with
        {
            Seeds = Seeds,
            Labels = Labels,
            Noise = Inputs.Recorded(Model.Graph.InputShape),
            InitialX = Inputs.Init,
            BatchSize = batch,
            Progress = p =>
            {
                report(p);
                steps?.Write(p);
            },
        }));
    }

    /// <summary>Samples batch by batch into a folder; what is there already is left out.</summary>
    public SampleResult IntoFolder(string path)
    {
        var folder = new PictureFolder(path, Recipe);
        var missing = Enumerable.Range(0, Seeds.Length).Where(i => !folder.Has(Seeds[i], Labels?[i])).ToArray();
        var batches = missing.Chunk(Options.BatchSize).ToArray();
        using var meter = new SamplingMeter(Host, Math.Max(1, batches.Length * Plan.NetworkCalls));
        foreach (var batch in batches)
        {
            try
            {
                Host.Interruption.Token.ThrowIfCancellationRequested();
                Write(Sample(batch, meter), folder, batch);
            }
            catch (OperationCanceledException)
            {
                meter.Dispose();
                var done = Seeds.Length - missing.Length + (Array.IndexOf(batches, batch) * Options.BatchSize);
                Host.Error.WriteLine($"{done} of {Seeds.Length} images are in {path}; the same command goes on");
                throw;
            }
        }

        return meter.Result(Seeds.Length - missing.Length);
    }

    private SampledImages Sample(int[] which, SamplingMeter meter)
    {
        var elements = Model.Graph.InputShape.Elements;
        return Model.Sample(Options with
        {
            Seeds = [.. which.Select(i => Seeds[i])],
            Labels = Labels is null ? null : [.. which.Select(i => Labels[i])],
            InitialX = Inputs.Init is null ? null : [.. which.SelectMany(i => Inputs.Init[(i * elements)..((i + 1) * elements)])],
            Progress = p => meter.Report(p),
        });
    }

    /// <summary>What the verb says at its end.</summary>
    public SampleSummary Summary(SampleResult result, string path) =>
        new() { Out = path, Model = Model, Plan = Plan, Result = result, Images = Seeds.Length };

    /// <summary>Writes all images into a folder.</summary>
    public void Write(SampledImages images, string path) => Write(images, new PictureFolder(path, Recipe), [.. Enumerable.Range(0, Seeds.Length)]);

    private void Write(SampledImages images, PictureFolder folder, int[] which)
    {
        var values = images.ToFloats();
        for (var k = 0; k < which.Length; k++)
        {
            folder.Write(Seeds[which[k]], Labels?[which[k]], images.Shape, values.AsSpan(k * images.Shape.Elements, images.Shape.Elements));
        }
    }
}
