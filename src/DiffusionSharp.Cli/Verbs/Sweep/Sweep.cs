using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Shapes;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;

namespace DiffusionSharp.Cli.Verbs.Sweep;

/// <summary>The same seeds sampled at every S and every η: the axes of the DDIM paper's table 1.</summary>
internal sealed class Sweep
{
    /// <summary>Images of a cell that are shown on the sheet.</summary>
    public const int MostShown = 16;

    // Of so many times, two may be spoilt.
    private const int FewestTimed = 5;

    private readonly CliHost host;
    private readonly (int Steps, Eta Eta)[] grid;

    /// <summary>Makes every plan, so that one that cannot be carried out is known before the first network call.</summary>
    /// <param name="host">Clock and progress.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">Everything but S and η, with seeds.</param>
    /// <param name="steps">Every S.</param>
    /// <param name="etas">Every η.</param>
    public Sweep(CliHost host, DiffusionModel model, SampleOptions options, IReadOnlyList<int> steps, IReadOnlyList<Eta> etas)
    {
        (this.host, Model, Options, Steps, Etas) = (host, model, options, steps, etas);
        grid = [.. steps.SelectMany(s => etas.Select(eta => (s, eta)))];
        Reference = (steps.Max(), 0);
        Plans = grid.Append(Reference).Distinct().ToDictionary(c => c, c => model.Plan(At(c)));
    }

    public DiffusionModel Model { get; }

    public SampleOptions Options { get; }

    public IReadOnlyList<int> Steps { get; }

    public IReadOnlyList<Eta> Etas { get; }

    /// <summary>The longest run at η = 0, which is sampled even if it is no cell: consistency is nearness to it.</summary>
    public (int Steps, Eta Eta) Reference { get; }

    /// <summary>The plan of every run.</summary>
    public IReadOnlyDictionary<(int Steps, Eta Eta), SamplingPlan> Plans { get; }

    /// <summary>What the plans have to say.</summary>
    public IEnumerable<string> Notes => Plans.Values.SelectMany(p => p.Notes).Distinct();

    /// <summary>What stands for an η on a picture; solvers without any are named themselves.</summary>
    public string Name(Eta eta) => (Options.Solver, eta) switch
    {
        (Solver.Ddim, { IsHat: true }) => "σ̂ (hat)",
        (Solver.Ddim, { IsLearned: true }) => "learned σ",
        (Solver.Ddim, _) => $"η = {eta}",
        _ => Plans[(Steps[0], eta)].Name,
    };

    public int Images => Options.Seeds!.Count;

    /// <summary>Whether the checker of builtin:shapes can tell what the model draws.</summary>
    private bool IsOfShapes => Model.Source?.Data == ShapesSource.Name && Model.Shape is { Channels: 3, Width: >= 16 } shape && shape.Width == shape.Height;

    /// <summary>Samples the cells row by row, an S after the other.</summary>
    /// <param name="found">Told each cell.</param>
    public (IReadOnlyList<SweepCell> Cells, SampleResult Result) Run(Action<SweepCell> found)
    {
        WarmUp();
        var batches = Sampler.Batches(Images, Options.BatchSize);
        using var meter = new SamplingMeter(host, batches * Plans.Values.Sum(p => p.NetworkCalls), Options.Guidance);
        var reference = Sample(Reference, meter);
        var cells = new List<SweepCell>(grid.Length);
        foreach (var at in grid)
        {
            cells.Add(Cell(at, at == Reference ? reference : Sample(at, meter), reference.Images));
            meter.Clear();
            found(cells[^1]);
        }

        return (cells, meter.Result());
    }

    // The first calls of a process are slow (buffers, choices of kernels, compilation), which the first cell must not pay for.
    private void WarmUp()
    {
        const int mostCalls = 40;
        var batch = FirstBatch(Options) with { Solver = Solver.Ddim, Timesteps = [0], Steps = null, Spacing = null };
        var began = host.Clock.GetTimestamp();
        for (var call = 0; call < mostCalls && (call == 0 || host.Clock.GetElapsedTime(began).TotalSeconds < 1); call++)
        {
            Model.Sample(batch, cancellationToken: host.Interruption.Token);
        }
    }

    private SampleOptions At((int Steps, Eta Eta) cell) => Options with { Steps = cell.Steps, Eta = cell.Eta };

    private (SampledImages Images, double Seconds) Sample((int Steps, Eta Eta) at, SamplingMeter meter)
    {
        var (options, times) = (At(at), new CallTimes(host.Clock));
        var stop = host.Interruption.Token;
        var timed = new SynchronousProgress<SamplerProgress>(p => times.Add(p.ImageCount));
        var counted = new SynchronousProgress<SamplerProgress>(p =>
        {
            times.Add(p.ImageCount);
            meter.Report(p);
        });
        var images = Model.Sample(options, counted, stop);

        // A run of a few calls is repeated, with the images of one batch.
        var first = FirstBatch(options);
        while (times.Count(first.Only!.Count) < FewestTimed)
        {
            times.Begin();
            Model.Sample(first, timed, stop);
        }

        return (images, Plans[at].NetworkCalls * Options.Seeds!.Chunk(Options.BatchSize).Sum(batch => times.Median(batch.Length)));
    }

    private SampleOptions FirstBatch(SampleOptions options) => options with { Only = [.. Enumerable.Range(0, Math.Min(Images, options.BatchSize))] };

    private SweepCell Cell((int Steps, Eta Eta) at, (SampledImages Images, double Seconds) run, SampledImages reference)
    {
        var values = run.Images.ToPictures();
        var shown = new byte[Math.Min(Images, MostShown) * run.Images.Shape.Elements];
        ImageFile.ToBytes(values.AsSpan(0, shown.Length), shown);
        return new SweepCell(
            at.Steps,
            at.Eta,
            Plans[at].NetworkCalls * GuidedDenoiser.NetworkCalls(Options.Guidance),
            run.Seconds / Images,
            IsOfShapes ? ShapesScore.Compute(values, run.Images.Shape.Width).Recognised : null,
            ImageError.MeanSquared(run.Images.ToScale(), reference.ToScale()),
            shown);
    }
}
