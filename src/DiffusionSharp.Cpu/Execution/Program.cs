namespace DiffusionSharp.Cpu.Execution;

/// <summary>A compiled network: its steps in order, where their values lie, and the memory the steps own.</summary>
internal sealed class Program : IDisposable
{
    private readonly IStep[] steps;
    private readonly IDisposable[] owned;

    public Program(IEnumerable<IStep> steps, IEnumerable<string> names, ArenaLayout layout, IEnumerable<IDisposable> owned)
    {
        (this.steps, Names, Layout, this.owned) = ([.. steps], [.. names], layout, [.. owned]);
    }

    /// <summary>What each step computes.</summary>
    public IReadOnlyList<string> Names { get; }

    public ArenaLayout Layout { get; }

    /// <summary>The most scratch any step needs for this many images or fewer.</summary>
    public ScratchNeed Scratch(int images, int threads) =>
        steps.Select(s => s.Scratch(images, threads)).Aggregate(default(ScratchNeed), ScratchNeed.Max);

    /// <summary>Runs the steps; with a clock, adds each one's seconds to its place.</summary>
    public void Run(Workspace workspace, CancellationToken cancellationToken, double[]? clock = null) => Run(workspace, .., cancellationToken, clock);

    /// <summary>Runs some of the steps.</summary>
    public void Run(Workspace workspace, Range some, CancellationToken cancellationToken, double[]? clock = null)
    {
        var (first, count) = some.GetOffsetAndLength(steps.Length);
        for (var i = first; i < first + count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var start = clock is null ? 0 : System.Diagnostics.Stopwatch.GetTimestamp();
            workspace.Begin(Names[i], steps[i].Scratch(workspace.Images, workspace.Team.Size));
            steps[i].Run(workspace);
            workspace.End(Names[i], steps[i].Scratch(workspace.Images, workspace.Team.Size));
            if (clock is not null)
            {
                clock[i] += System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }
    }

    public void Dispose()
    {
        foreach (var resource in owned)
        {
            resource.Dispose();
        }
    }
}
