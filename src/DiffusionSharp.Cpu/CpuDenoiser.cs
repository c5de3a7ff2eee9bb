using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Parameters;
using DiffusionSharp.Networks;
using Program = DiffusionSharp.Cpu.Execution.Program;

namespace DiffusionSharp.Cpu;

/// <summary>A network on the managed engine. One call runs at a time; others wait.</summary>
internal sealed class CpuDenoiser : IDifferentiableDenoiser
{
    private readonly NetworkGraph graph;
    private readonly IReadOnlyList<Node> nodes;
    private readonly IParameterSource parameters;
    private readonly int vectorBits;
    private readonly Program program;
    private readonly Team team;
    private readonly Workspace workspace;
    private readonly Lock gate = new();
    private readonly IDisposable[] owned = [];
    private CpuGradients? gradients;
    private double[] timesteps = [];
    private int[] labels = [];
    private bool disposed;

    public CpuDenoiser(NetworkGraph graph, Func<ParameterSpec, HostTensor> weights, CpuOptions options)
        : this(graph, InferenceGraph.Create(graph, weights), options)
    {
    }

    private CpuDenoiser(NetworkGraph graph, InferenceGraph inference, CpuOptions options)
        : this(graph, inference.Nodes, new OwnParameters(inference.Weights, options.WeightPrecision), options)
    {
    }

    // Threads are started when the weights have been read.
    private CpuDenoiser(NetworkGraph graph, IReadOnlyList<Node> nodes, OwnParameters parameters, CpuOptions options)
        : this(graph, nodes, parameters, options.VectorWidth, Compiler.Predicting(nodes, parameters, options.VectorWidth), new Team(options.ThreadCount))
    {
        owned = [team, parameters];
    }

    /// <summary>Nodes whose parameters lie elsewhere, on threads that do other things too.</summary>
    public CpuDenoiser(NetworkGraph graph, IReadOnlyList<Node> nodes, IParameterSource parameters, int vectorBits, Team team)
        : this(graph, nodes, parameters, vectorBits, Compiler.Predicting(nodes, parameters, vectorBits), team)
    {
    }

    private CpuDenoiser(NetworkGraph graph, IReadOnlyList<Node> nodes, IParameterSource parameters, int vectorBits, Program program, Team team)
    {
        (this.graph, this.nodes, this.parameters, this.vectorBits, this.program, this.team) = (graph, nodes, parameters, vectorBits, program, team);
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
    public void Differentiate(DenoiserInput input, Span<float> prediction, Cotangent cotangent, Span<float> byX, Span<double> byTimesteps)
    {
        ArgumentNullException.ThrowIfNull(cotangent);
        graph.Require(input, prediction.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(byX.Length, input.X.Length, nameof(byX));
        ArgumentOutOfRangeException.ThrowIfNotEqual(byTimesteps.IsEmpty || byTimesteps.Length == input.Count, true, nameof(byTimesteps));
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            gradients ??= new CpuGradients(nodes, parameters, vectorBits, team);
            gradients.Run(input, prediction, cotangent, byX, byTimesteps);
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
                gradients?.Dispose();
                workspace.Dispose();
                program.Dispose();
                Array.ForEach(owned, o => o.Dispose());
            }
        }
    }

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
