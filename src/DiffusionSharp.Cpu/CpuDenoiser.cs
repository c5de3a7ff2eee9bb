using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling;
using DiffusionSharp.Weights;
using Program = DiffusionSharp.Cpu.Execution.Program;

namespace DiffusionSharp.Cpu;

/// <summary>A network on the managed engine. One call runs at a time; others wait.</summary>
internal sealed class CpuDenoiser : IDenoiser, IDisposable
{
    private readonly NetworkGraph graph;
    private readonly Program program;
    private readonly Team team;
    private readonly Workspace workspace;
    private readonly Lock gate = new();
    private readonly bool ownsTeam;
    private double[] timesteps = [];
    private int[] labels = [];
    private bool disposed;

    public CpuDenoiser(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights, CpuOptions options)
        : this(graph, Compile(graph, weights, options), new Team(options.ThreadCount))
    {
        ownsTeam = true;
    }

    /// <summary>A program whose parameters lie elsewhere, on threads that do other things too.</summary>
    public CpuDenoiser(NetworkGraph graph, Program program, Team team)
    {
        (this.graph, this.program, this.team) = (graph, program, team);
        workspace = new Workspace(program.Layout, images => program.Scratch(images, team.Size), team);
    }

    /// <inheritdoc/>
    public int OutputChannels => graph.OutputShape.Channels;

    /// <summary>What each step computes, for those who time them.</summary>
    public IReadOnlyList<string> Steps => program.Names;

    /// <summary>When set, each call adds the seconds of each step.</summary>
    public double[]? Clock { get; set; }

    /// <inheritdoc/>
    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        graph.Require(input, prediction.Length);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            workspace.Prepare(input.Count);
            FindConditions(input);
            Run(input, prediction);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (!disposed)
            {
                disposed = true;
                if (ownsTeam)
                {
                    team.Dispose();
                }

                workspace.Dispose();
                program.Dispose();
            }
        }
    }

    private static Program Compile(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights, CpuOptions options) => options.VectorWidth switch
    {
        512 => Compiler<Simd512>.Compile(graph, weights, options.Weights),
        256 => Compiler<Simd256>.Compile(graph, weights, options.Weights),
        _ => Compiler<Simd128>.Compile(graph, weights, options.Weights),
    };

    private unsafe void Run(DenoiserInput input, Span<float> prediction)
    {
        fixed (float* x = input.X, y = prediction)
        {
            fixed (double* t = timesteps)
            {
                fixed (int* l = labels)
                {
                    workspace.Inputs = new CallInputs(x, t, l, y);
                    program.Run(workspace, input.CancellationToken, Clock);
                }
            }
        }
    }

    // What depends on timestep and label alone is computed once for the images that share them: for all of them, when sampling.
    private unsafe void FindConditions(DenoiserInput input)
    {
        if (timesteps.Length < input.Count)
        {
            (timesteps, labels) = (new double[input.Count], new int[input.Count]);
        }

        var found = 0;
        for (var i = 0; i < input.Count; i++)
        {
            var (t, label) = (input.Timesteps[i], input.Labels.IsEmpty ? 0 : input.Labels[i]);
            var at = 0;
            while (at < found && (timesteps[at] != t || labels[at] != label))
            {
                at++;
            }

            (timesteps[at], labels[at]) = (t, label);
            found = Math.Max(found, at + 1);
            workspace.ConditionOf[i] = at;
        }

        workspace.Conditions = found;
    }
}
