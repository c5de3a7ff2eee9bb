using DiffusionSharp.Bench.Measuring;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Bench.UNets;

/// <summary>Measures all subjects on one network with one number of threads.</summary>
internal sealed class UNetMeasurement : IDisposable
{
    private const int LeastRounds = 3, MostRounds = 15;

    // What takes so many times the others' time, such as bfloat16 on a processor without instructions for it, is timed once.
    private const double TooSlow = 8;
    private const int ErrorImages = 2;

    // Between subjects: threads that spin after their work come to rest.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.03);

    private readonly string network;
    private readonly NetworkGraph graph;
    private readonly UNetFiles files;
    private readonly int threads;
    private readonly UNetOptions options;
    private readonly (UNetSubject Subject, IDenoiser Denoiser, double Error)[] subjects;

    public UNetMeasurement(string network, UNetConfig config, UNetFiles files, int threads, float[] reference, UNetOptions options)
    {
        (this.network, this.files, this.threads, this.options) = (network, files, threads, options);
        graph = UNet.Build(config);
        subjects = [.. UNetSubject.All.Where(s => options.Subjects.Contains(s.Name)).Select(s => s.Open(files, threads) is var d ? (s, d, Error(d, reference)) : default)];
    }

    /// <summary>The prediction in float64, which every subject's is compared with.</summary>
    public static float[] Reference(UNetConfig config, UNetFiles files, int threads)
    {
        var call = new UNetCall(config.InputShape, ErrorImages);
        var denoiser = UNetSubject.Reference(files, threads);
        call.Run(denoiser);
        denoiser.Dispose();
        return call.Prediction;
    }

    /// <summary>One cell of the table: a row for each subject.</summary>
    public IReadOnlyList<UNetRow> Cell(int batch)
    {
        var call = new UNetCall(graph.InputShape, batch);
        var first = subjects.Select(s => Interleaved.Seconds(() => call.Run(s.Denoiser))).ToArray();
        var usual = Timing.MedianOf(first);
        var (slow, quick) = (Indices(i => first[i] > TooSlow * usual), Indices(i => first[i] <= TooSlow * usual));
        var rounds = (int)Math.Clamp(options.Seconds / quick.Sum(i => first[i] + Pause.TotalSeconds), LeastRounds, MostRounds);
        var peaks = new List<double>();
        var times = Interleaved.Rounds(rounds, [.. quick.Select(i => (Func<double>)(() =>
        {
            Thread.Sleep(Pause);
            if (i == quick[0])
            {
                peaks.Add(PeakRate.Measure(threads));
            }

            return Interleaved.Seconds(() => call.Run(subjects[i].Denoiser));
        }))]);
        var all = quick.Select((i, k) => (i, Values: (IReadOnlyList<double>)times[k])).Concat(slow.Select(i => (i, Values: (IReadOnlyList<double>)[first[i]])));
        var managed = quick.ToList().FindIndex(i => subjects[i].Subject.Name == UNetSubject.Managed);
        return [.. all.OrderBy(a => a.i).Select(a => Row(batch, subjects[a.i].Subject, subjects[a.i].Error, a.Values, peaks, managed < 0 ? null : times[managed]))];

        int[] Indices(Func<int, bool> which) => [.. Enumerable.Range(0, subjects.Length).Where(which)];
    }

    /// <summary>The managed engine's steps in one call, the longest first; empty where it is not among the subjects.</summary>
    public IReadOnlyList<(string Step, double Seconds)> Steps(int batch)
    {
        if (subjects.FirstOrDefault(s => s.Subject.Name == UNetSubject.Managed).Denoiser is not Cpu.CpuDenoiser engine)
        {
            return [];
        }

        const int calls = 5;
        var call = new UNetCall(graph.InputShape, batch);
        engine.Clock = new double[engine.Steps.Count];
        for (var i = 0; i < calls; i++)
        {
            call.Run(engine);
        }

        var seconds = engine.Clock;
        engine.Clock = null;
        return [.. engine.Steps.Zip(seconds, (name, s) => (name, s / calls)).OrderByDescending(s => s.Item2)];
    }

    public void Dispose()
    {
        foreach (var subject in subjects)
        {
            subject.Denoiser.Dispose();
        }
    }

    private UNetRow Row(int batch, UNetSubject subject, double error, IReadOnlyList<double> seconds, List<double> peaks, IReadOnlyList<double>? managed)
    {
        var flops = (double)graph.FlopsPerImage * batch;
        var median = Timing.MedianOf(seconds);

        // Memory costs a process each: for the batches of the goals, with all threads.
        var memory = options.Memory && batch is 1 or 8 && threads == options.Threads.Max() ? UNetMemory.Measure(subject, files, batch, threads) : null;
        return new UNetRow(
            network,
            batch,
            threads,
            subject.Name,
            seconds.Count,
            1e3 * median / batch,
            1e3 * seconds.Min() / batch,
            flops / median / 1e9,
            Timing.MedianOf(seconds.Zip(peaks.TakeLast(seconds.Count), (s, p) => flops / s / p)),
            managed is null ? null : Timing.MedianOf(seconds.Zip(managed, (s, m) => s / m)),
            memory,
            error);
    }

    private double Error(IDenoiser denoiser, float[] reference)
    {
        var call = new UNetCall(graph.InputShape, ErrorImages);
        call.Run(denoiser);
        return reference.Zip(call.Prediction, (r, m) => Math.Abs((double)r - m)).Max() / reference.Max(Math.Abs);
    }
}
