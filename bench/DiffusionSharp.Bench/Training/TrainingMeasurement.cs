using DiffusionSharp.Bench.Measuring;
using DiffusionSharp.Bench.Ratios;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Torch.Checks;
using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Bench.Training;

/// <summary>Measures all subjects on one network with one batch, in turns.</summary>
internal sealed class TrainingMeasurement : IDisposable
{
    // What takes so many times the others' time, such as bfloat16 on a processor without instructions for it, is timed once.
    private const double TooSlow = 8;
    private const double LossTolerance = 1e-4, NormTolerance = 1e-3, NarrowTolerance = 5e-2;

    // Between subjects: threads that spin after their work come to rest.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.03);

    private readonly string model;
    private readonly int batch;
    private readonly TrainingArguments arguments;
    private readonly Subject network;
    private readonly TrainingBatch data;
    private readonly List<(TrainingSubject Subject, ITrainingContender Contender)> contenders = [];

    public TrainingMeasurement(string model, int batch, TrainingArguments arguments)
    {
        (this.model, this.batch, this.arguments) = (model, batch, arguments);
        var config = TrainingModels.Get(model).Config;
        network = new Subject(config);
        data = network.Batch(batch);
        foreach (var subject in TrainingSubject.All.Where(s => arguments.Subjects.Contains(s.Name) && s.Takes(config)))
        {
            try
            {
                contenders.Add((subject, subject.Open(network, batch, arguments.Threads)));
            }
            catch (DiffusionException e)
            {
                Console.WriteLine($"{model}, batch {batch}: {subject.Name} is left out: {e.Message}");
            }
        }
    }

    /// <summary>A row for each subject.</summary>
    public IReadOnlyList<TrainingRow> Rows()
    {
        // Two updates, so that the first one's clipping and Adam are compared too; the second is timed where one is enough.
        var first = contenders.ConvertAll(c => (TrainingUpdate[])[c.Contender.Update(data, 0), c.Contender.Update(data, 1)]);
        var managed = contenders.FindIndex(c => c.Subject.Name == TrainingSubject.Managed);
        var usual = Timing.MedianOf(first.Select(f => f[1].Seconds));
        int[] quick = [.. Enumerable.Range(0, contenders.Count).Where(i => first[i][1].Seconds <= TooSlow * usual)];
        var (updates, peaks) = (contenders.ConvertAll(_ => new List<TrainingUpdate>()), new List<double>());
        for (var round = 0; round < arguments.Rounds; round++)
        {
            Thread.Sleep(Pause);
            peaks.Add(PeakRate.Measure(arguments.Threads));
            foreach (var i in quick)
            {
                Thread.Sleep(Pause);
                updates[i].Add(contenders[i].Contender.Update(data, 2 + round));
            }
        }

        foreach (var i in Enumerable.Range(0, contenders.Count).Except(quick))
        {
            updates[i].Add(first[i][1]);
        }

        return [.. contenders.Select((c, i) => Row(c.Subject, updates[i], peaks, managed < 0 ? null : updates[managed], managed < 0 ? null : Disagreement(c.Subject, first[managed], first[i])))];
    }

    /// <summary>The managed engine's steps in one update, the longest first; empty where it is not among the subjects.</summary>
    public IReadOnlyList<(string Step, double Seconds)> Steps() =>
        contenders.Select(c => c.Contender).OfType<ManagedContender>().FirstOrDefault()?.Steps(data, arguments.Rounds) ?? [];

    public void Dispose() => contenders.ForEach(c => c.Contender.Dispose());

    private static string? Disagreement(TrainingSubject subject, TrainingUpdate[] managed, TrainingUpdate[] other)
    {
        var (loss, norm) = subject.Narrow ? (NarrowTolerance, double.PositiveInfinity) : (LossTolerance, NormTolerance);
        for (var k = 0; k < managed.Length; k++)
        {
            if (Differ(managed[k].Loss, other[k].Loss, loss))
            {
                return FormattableString.Invariant($"the loss of update {k + 1} is {other[k].Loss}, the managed engine's {managed[k].Loss}");
            }

            if (Differ(managed[k].GradientNorm, other[k].GradientNorm, norm))
            {
                return FormattableString.Invariant($"the gradient's norm of update {k + 1} is {other[k].GradientNorm}, the managed engine's {managed[k].GradientNorm}");
            }
        }

        return null;

        static bool Differ(double a, double b, double tolerance) => !double.IsFinite(b) || Math.Abs(a - b) > tolerance * Math.Abs(a);
    }

    private TrainingRow Row(TrainingSubject subject, List<TrainingUpdate> updates, List<double> peaks, List<TrainingUpdate>? managed, string? disagreement)
    {
        var flops = 3.0 * network.Graph.FlopsPerImage * batch;
        double[] seconds = [.. updates.Select(u => u.Seconds)];
        var median = Timing.MedianOf(seconds);
        return new(
            model,
            network.Graph.ParameterCount,
            batch,
            arguments.Threads,
            subject.Name,
            seconds.Length,
            median,
            seconds.Min(),
            TrainingPhases.Median([.. updates.Select(u => u.Phases)]),
            batch / median,
            flops / median / 1e9,
            Timing.MedianOf(seconds.Zip(peaks.TakeLast(seconds.Length), (s, p) => flops / s / p)),
            managed is null ? null : Timing.MedianOf(seconds.Zip(managed.TakeLast(seconds.Length), (s, m) => s / m.Seconds)),
            managed is null ? null : seconds.Min() / managed.Min(m => m.Seconds),
            arguments.Memory ? TrainingProcess.Measure(subject, model, batch, arguments.Threads) : null,
            subject.Name == TrainingSubject.Managed ? Planned() : null,
            disagreement is null ? null : TorchHealth.Problem is { } problem ? $"{disagreement}; {problem}" : disagreement);
    }

    private long Planned() =>
        CpuTraining.Engine.Memory!(network.Graph, TrainingSubject.Options(batch, arguments.Threads), batch) - (sizeof(float) * network.Graph.ParameterCount);
}
