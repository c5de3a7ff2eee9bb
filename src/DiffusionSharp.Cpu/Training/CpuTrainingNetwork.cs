using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cpu.Training;

/// <summary>A network in training on the managed engine. Threads, vectors and the size of micro-batches change no bit.</summary>
internal sealed unsafe class CpuTrainingNetwork : ITrainingNetwork
{
    private const string First = "exp_avg.", Second = "exp_avg_sq.";

    private readonly NetworkGraph graph;
    private readonly TrainingOptions options;
    private readonly int vectorBits;
    private readonly int microBatch;
    private readonly Team team;
    private readonly TrainingProgram program;
    private readonly Workspace workspace;
    private readonly GradientTree tree;
    private readonly IParameterUpdate update;
    private readonly AlignedMemory weights;
    private readonly AlignedMemory firstMoments;
    private readonly AlignedMemory secondMoments;
    private readonly AlignedMemory[] averages;
    private readonly float*[] averagePointers;
    private readonly CpuDenoiser?[] averaged;

    public CpuTrainingNetwork(NetworkGraph graph, TrainingOptions options, Func<ParameterSpec, HostTensor> initial, CpuOptions cpu)
    {
        (this.graph, this.options, vectorBits, microBatch) = (graph, options, cpu.VectorWidth, MicroBatch(options));
        program = TrainingProgram.Compile(graph, options, vectorBits);
        TrainingMemory.Require(program, graph, options, cpu);
        team = new Team(cpu.ThreadCount);
        workspace = new Workspace(program.Program.Layout, images => program.Program.Scratch(images, team.Size), team);
        var (parameters, settings) = (program.Parameters, AdamSettings.FromOptions(options));
        update = vectorBits switch
        {
            512 => new ParameterUpdate<Simd512>(team, settings),
            256 => new ParameterUpdate<Simd256>(team, settings),
            _ => new ParameterUpdate<Simd128>(team, settings),
        };
        weights = parameters.Allocate();
        parameters.Weights.Current = weights;
        parameters.Write(weights, initial);
        tree = new GradientTree(parameters, (options.BatchSize + microBatch - 1) / microBatch, team);
        (firstMoments, secondMoments) = (parameters.Allocate(), parameters.Allocate());
        averages = [.. Enumerable.Range(0, options.AverageCount).Select(_ => parameters.Allocate())];
        (averaged, averagePointers) = (new CpuDenoiser?[averages.Length], new float*[averages.Length]);
        for (var k = 0; k < averages.Length; k++)
        {
            Buffer.MemoryCopy(weights.Floats, averages[k].Floats, averages[k].Bytes, weights.Bytes);
            averagePointers[k] = averages[k].Floats;
        }
    }

    /// <summary>Images sent through the network at once: a power of two, so that each micro-batch is a subtree of the sum over the batch; or all of them.</summary>
    public static int MicroBatch(TrainingOptions options)
    {
        var asked = Math.Min(options.MicroBatch ?? options.BatchSize, options.BatchSize);
        return asked == options.BatchSize ? asked : 1 << System.Numerics.BitOperations.Log2((uint)asked);
    }

    /// <summary>What each step computes, for those who time them.</summary>
    public IReadOnlyList<string> Steps => program.Program.Names;

    /// <summary>When set, each update adds the seconds of each step.</summary>
    public double[]? Clock { get; set; }

    /// <summary>Seconds of the optimizer in all updates so far.</summary>
    public double OptimizerSeconds { get; set; }

    /// <summary>Bytes held: weights, gradients, moments, averages and the values of a micro-batch.</summary>
    public long Bytes => weights.Bytes + firstMoments.Bytes + secondMoments.Bytes + averages.Sum(a => a.Bytes) + tree.Bytes + workspace.Bytes;

    /// <inheritdoc/>
    public UpdateResult Update(TrainingBatch batch, long step, double learningRate)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var (loss, norm) = LossAndNorm(batch, step);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new DiffusionException(ErrorKind.NonFinite, $"update {step}: the loss is {loss} and the gradient's norm {norm}; the weights were not touched");
        }

        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        var pointers = new ParameterPointers
        {
            Length = program.Parameters.Floats,
            Weights = weights.Floats,
            Gradient = program.Parameters.Gradients.Current!.Floats,
            FirstMoments = firstMoments.Floats,
            SecondMoments = secondMoments.Floats,
            Averages = averagePointers,
        };
        update.Run(pointers, norm, step, learningRate);
        OptimizerSeconds += System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds;
        return new UpdateResult(loss, norm);
    }

    /// <summary>A batch's loss and the gradients, by name.</summary>
    internal (double Loss, Dictionary<string, HostTensor> Gradients) LossAndGradients(TrainingBatch batch, long step)
    {
        var (loss, _) = LossAndNorm(batch, step);
        return (loss, program.Parameters.Read(program.Parameters.Gradients.Current!));
    }

    /// <inheritdoc/>
    public IDenoiser Averaged(int average)
    {
        if (averaged[average] is { } there)
        {
            return there;
        }

        var set = new ParameterSet { Current = averages[average] };
        return averaged[average] = new CpuDenoiser(graph, InferenceGraph.WithoutDropout(graph), program.Parameters.In(set), vectorBits, team);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, HostTensor> ExportWeights() => program.Parameters.Read(weights);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, HostTensor> ExportMoments()
    {
        var moments = program.Parameters.Read(firstMoments, First);
        foreach (var (name, tensor) in program.Parameters.Read(secondMoments, Second))
        {
            moments.Add(name, tensor);
        }

        return moments;
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, HostTensor> ExportAverage(int average) => program.Parameters.Read(averages[average]);

    /// <inheritdoc/>
    public void ImportMoments(IReadOnlyDictionary<string, HostTensor> moments, long step)
    {
        ArgumentNullException.ThrowIfNull(moments);
        program.Parameters.Check(moments, "optimizer state", First);
        program.Parameters.Check(moments, "optimizer state", Second);
        program.Parameters.Write(firstMoments, p => moments[First + p.Name]);
        program.Parameters.Write(secondMoments, p => moments[Second + p.Name]);
    }

    /// <inheritdoc/>
    public void ImportAverage(int average, IReadOnlyDictionary<string, HostTensor> values, long step)
    {
        ArgumentNullException.ThrowIfNull(values);
        program.Parameters.Check(values, "EMA state");
        program.Parameters.Write(averages[average], p => values[p.Name]);
    }

    /// <inheritdoc/>
    public string? Fault() => null;

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(averaged, a => a?.Dispose());
        team.Dispose();
        workspace.Dispose();
        program.Program.Dispose();
        tree.Dispose();
        weights.Dispose();
        firstMoments.Dispose();
        secondMoments.Dispose();
        Array.ForEach(averages, a => a.Dispose());
    }

    private (double Loss, double Norm) LossAndNorm(TrainingBatch batch, long step)
    {
        if (batch.Count != options.BatchSize || batch.Shape != graph.InputShape)
        {
            throw new DiffusionException(
                ErrorKind.Usage, $"the batch has {batch.Count} images of {batch.Shape}; this run's have {options.BatchSize} of {graph.InputShape}");
        }

        var microBatches = (batch.Count + microBatch - 1) / microBatch;
        for (var p = 0; p < microBatches; p++)
        {
            Run(batch, p * microBatch, Math.Min(microBatch, batch.Count - (p * microBatch)), step);
            tree.Join(p, microBatches);
        }

        var gradient = program.Parameters.Gradients.Current!;
        return (Sum(batch.Losses, 0, 1 << ImageTree.Levels(batch.Count)) / batch.Count, update.Norm(gradient.Floats, program.Parameters.Floats));
    }

    private void Run(TrainingBatch batch, int first, int count, long step)
    {
        workspace.PrepareEach(count);
        var elements = batch.Shape.Elements;
        fixed (float* x = batch.Xt, target = batch.Target, lossWeights = batch.LossWeights, augmentation = batch.Augmentation)
        {
            fixed (double* t = batch.Timesteps, l = batch.Losses)
            {
                fixed (int* labels = batch.Labels)
                fixed (VariationalTerm* terms = batch.Terms)
                {
                    workspace.Inputs = new CallInputs(x + ((long)first * elements), t + first, labels + first, null);
                    workspace.Update = new UpdateInputs(
                        options.Seed, step, first, batch.Count, target + ((long)first * elements), lossWeights + first, l + first, terms + first,
                        augmentation + ((long)first * (batch.Augmentation.Length / batch.Count)));
                    program.Program.Run(workspace, CancellationToken.None, Clock);
                }
            }
        }
    }

    // The images' losses in their tree.
    private static double Sum(double[] losses, int first, int count) => first >= losses.Length ? 0
        : count == 1 ? losses[first]
        : Sum(losses, first, count / 2) + Sum(losses, first + (count / 2), count / 2);
}
