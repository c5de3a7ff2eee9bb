using DiffusionSharp.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Ops;

/// <summary>
/// Adam or AdamW for a fixed list of float32 parameters, one native call a step. It owns its moments (float32, with each
/// parameter's shape and strides) and not the parameters. Deterministic for a fixed number of threads.
/// </summary>
internal sealed class FusedAdam : IDisposable
{
    private const string First = "exp_avg.", Second = "exp_avg_sq.";
    private readonly string[] names;
    private readonly Tensor[] parameters, m, v;
    private readonly Tensor step;
    private readonly bool fused;

    /// <summary>Starts with zero moments.</summary>
    /// <param name="named">The parameters under the names their moments are saved by.</param>
    /// <param name="options">Settings.</param>
    /// <param name="fused">False takes the plain operations, where the fused ones are to be had too.</param>
    /// <exception cref="ArgumentException">A parameter is not float32.</exception>
    public FusedAdam(IEnumerable<KeyValuePair<string, Tensor>> named, AdamOptions options, bool fused = true)
    {
        TorchNative.EnsureLoaded();
        var list = named.ToArray();
        names = [.. list.Select(p => p.Key)];
        parameters = [.. list.Select(p => p.Value)];
        Options = options;
        this.fused = fused && FusedOps.Available;
        if (Array.FindIndex(parameters, p => p.dtype != ScalarType.Float32) is var wrong and >= 0)
        {
            throw new ArgumentException($"parameter {names[wrong]} is {parameters[wrong].dtype}; the optimiser keeps float32 master weights", nameof(named));
        }

        using var unused = no_grad();
        m = [.. parameters.Select(p => zeros_like(p).DetachFromDisposeScope())];
        v = [.. parameters.Select(p => zeros_like(p).DetachFromDisposeScope())];
        step = zeros([], ScalarType.Float32, parameters.Length > 0 ? parameters[0].device : CPU).DetachFromDisposeScope();
    }

    /// <summary>The settings.</summary>
    public AdamOptions Options { get; }

    /// <summary>How many steps were done.</summary>
    public long Steps { get; private set; }

    /// <summary>Updates the parameters in place.</summary>
    /// <param name="gradients">One gradient per parameter, in the parameters' order: float32, same shape, any strides.</param>
    /// <param name="learningRate">This step's learning rate.</param>
    /// <exception cref="ArgumentException">A gradient is missing or does not fit its parameter.</exception>
    public void Step(IReadOnlyList<Tensor> gradients, double learningRate)
    {
        using var unused = no_grad();
        using var scope = NewDisposeScope();
        var g = Fitting(gradients);
        Steps++;
        if (fused)
        {
            using var number = Steps.ToScalar();
            step.fill_(number);
            FusedOps.Adam_(parameters, g, m, v, step, learningRate, Options);
        }
        else
        {
            FusedOps.AdamPlain_(parameters, g, m, v, Steps, learningRate, Options);
        }
    }

    /// <summary>The moments as <c>exp_avg.NAME</c> and <c>exp_avg_sq.NAME</c>; save <see cref="Steps"/> beside them.</summary>
    public IReadOnlyDictionary<string, HostTensor> Export()
    {
        var state = NamedTensors.Export(names, m, First);
        foreach (var (name, tensor) in NamedTensors.Export(names, v, Second))
        {
            state.Add(name, tensor);
        }

        return state;
    }

    /// <summary>Continues from a saved state: the next <see cref="Step"/> gives the bits it would have given then.</summary>
    /// <exception cref="DiffusionException">The state is not this network's (<see cref="ErrorKind.ModelFile"/>); nothing was changed.</exception>
    public void Import(IReadOnlyDictionary<string, HostTensor> state, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        NamedTensors.Check(names, m, state, "optimizer state", First);
        NamedTensors.Check(names, v, state, "optimizer state", Second);
        NamedTensors.Import(names, m, state, First);
        NamedTensors.Import(names, v, state, Second);
        Steps = steps;
    }

    /// <summary>Frees the moments.</summary>
    public void Dispose()
    {
        foreach (var tensor in (IEnumerable<Tensor>)[.. m, .. v, step])
        {
            tensor.Dispose();
        }
    }

    // The fused kernel walks raw memory on the CPU and does not look at shapes or strides: they must be the parameter's.
    private Tensor[] Fitting(IReadOnlyList<Tensor> gradients)
    {
        if (gradients.Count != parameters.Length)
        {
            throw new ArgumentException($"{gradients.Count} gradients for {parameters.Length} parameters", nameof(gradients));
        }

        var fitting = new Tensor[parameters.Length];
        for (var i = 0; i < fitting.Length; i++)
        {
            var (p, g) = (parameters[i], gradients[i]);
            if (g is null || g.dtype != ScalarType.Float32 || !g.shape.AsSpan().SequenceEqual(p.shape))
            {
                var found = g is null ? "no gradient" : $"a gradient [{string.Join(", ", g.shape)}] of {g.dtype}";
                throw new ArgumentException($"parameter {names[i]} [{string.Join(", ", p.shape)}] got {found}", nameof(gradients));
            }

            fitting[i] = g.stride().AsSpan().SequenceEqual(p.stride()) ? g : empty_like(p).copy_(g);
        }

        return fitting;
    }
}
