using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Embedding;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kit;

/// <summary>
/// A step alone with random inputs. Where nothing was written there are NaNs: in scratch, in the output and in the channels that only
/// fill vectors.
/// </summary>
internal sealed unsafe class Stage(Random random, int images = 1, int conditions = 1)
{
    private readonly List<ArenaLayout.Buffer> buffers = [];
    private readonly List<Value> values = [];

    public Random Random => random;

    /// <summary>Sets what a call has beside its values, before the step runs.</summary>
    public Action<Workspace>? Prepare { get; init; }

    public int Count(bool perCondition) => perCondition ? conditions : images;

    /// <summary>The condition of an image.</summary>
    public int ConditionOf(int image) => image % conditions;

    /// <summary>Normal values, joined from segments of some channels.</summary>
    public Value Draw(int[] channels, int height, int width, bool perCondition = false, double mean = 0, double deviation = 1)
    {
        var view = New(channels, height, width, perCondition);
        var value = new Value(view, Normals(Count(perCondition) * view.Channels * view.Pixels, mean, deviation));
        values.Add(value);
        return value;
    }

    /// <summary>Room for a result.</summary>
    public View New(int[] channels, int height, int width, bool perCondition = false)
    {
        var view = new View([.. channels.Select((c, i) => new Segment(buffers.Count + i, c))], height, width, perCondition);
        buffers.AddRange(view.Segments.Select(s => new ArenaLayout.Buffer((long)view.Pixels * s.Stride, perCondition, 0, 0)));
        return view;
    }

    public float[] Normals(int count, double mean = 0, double deviation = 1)
    {
        var result = new float[count];
        for (var i = 0; i < count; i++)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            result[i] = (float)(mean + (deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble())));
        }

        return result;
    }

    /// <summary>The output as [N, C, H, W], whose bits must be the same in every width and on one thread and three.</summary>
    public float[] Run(IKernel kernel, View output)
    {
        var first = Run<Simd128>(kernel, output, threads: 1);
        foreach (var threads in (int[])[1, 3])
        {
            Assert.True(Bits.AreEqual(first, Run<Simd128>(kernel, output, threads)), $"128 bits, {threads} threads: {kernel}");
            Assert.True(Bits.AreEqual(first, Run<Simd256>(kernel, output, threads)), $"256 bits, {threads} threads: {kernel}");
            Assert.True(Bits.AreEqual(first, Run<Simd512>(kernel, output, threads)), $"512 bits, {threads} threads: {kernel}");
        }

        return first;
    }

    /// <summary>Several outputs, on demand with zeros in the channels that only fill vectors; on one, two and three threads.</summary>
    public float[][] Run(IKernel kernel, View[] outputs, bool zeros = true)
    {
        var first = Run<Simd128>(kernel, outputs, threads: 1, zeros);
        foreach (var threads in (int[])[1, 2, 3])
        {
            Same(Run<Simd128>(kernel, outputs, threads, zeros), $"128 bits, {threads} threads: {kernel}");
            Same(Run<Simd256>(kernel, outputs, threads, zeros), $"256 bits, {threads} threads: {kernel}");
            Same(Run<Simd512>(kernel, outputs, threads, zeros), $"512 bits, {threads} threads: {kernel}");
        }

        return first;

        void Same(float[][] other, string form) => Assert.All(first.Zip(other), v => Assert.True(Bits.AreEqual(v.First, v.Second), form));
    }

    /// <summary>A parameter's gradient, in the order of files; what lies between its values must be zero. On one thread and three.</summary>
    public float[] Run(IParameterKernel kernel, ParameterLayout layout)
    {
        var first = Run<Simd128>(kernel, layout, threads: 1);
        foreach (var threads in (int[])[1, 3])
        {
            Assert.True(Bits.AreEqual(first, Run<Simd128>(kernel, layout, threads)), $"128 bits, {threads} threads: {kernel}");
            Assert.True(Bits.AreEqual(first, Run<Simd256>(kernel, layout, threads)), $"256 bits, {threads} threads: {kernel}");
            Assert.True(Bits.AreEqual(first, Run<Simd512>(kernel, layout, threads)), $"512 bits, {threads} threads: {kernel}");
        }

        return first;
    }

    private float[] Run<T>(IParameterKernel kernel, ParameterLayout layout, int threads)
        where T : unmanaged, ISimd<T>
    {
        using var place = ParameterPlace.Alone(layout.Floats);
        var memory = new Span<float>(place.Floats, (int)layout.Floats);
        memory.Fill(float.NaN);
        Run<T>(kernel.Create<T>(place), kernel, [], threads, zeros: false);
        var values = new float[layout.Count];
        layout.Read(place.Floats, values);
        using var again = ParameterPlace.Alone(layout, values);
        Assert.True(Bits.AreEqual(new Span<float>(again.Floats, memory.Length).ToArray(), memory.ToArray()), $"what lies between the values is not zero: {kernel}");
        return values;
    }

    private float[] Run<T>(IKernel kernel, View output, int threads)
        where T : unmanaged, ISimd<T> => Run<T>(kernel, [output], threads, zeros: false)[0];

    private float[][] Run<T>(IKernel kernel, View[] outputs, int threads, bool zeros)
        where T : unmanaged, ISimd<T> => Run<T>(kernel.Create<T>(), kernel, outputs, threads, zeros);

    private float[][] Run<T>(IStep step, object kernel, View[] outputs, int threads, bool zeros)
        where T : unmanaged, ISimd<T>
    {
        using var owned = step as IDisposable;
        using var team = new Team(threads);
        using var workspace = new Workspace(new ArenaLayout(buffers), n => step.Scratch(n, threads), team);
        workspace.Prepare(images);
        workspace.Conditions = conditions;
        for (var i = 0; i < images; i++)
        {
            workspace.ConditionOf[i] = ConditionOf(i);
        }

        var scratch = step.Scratch(images, threads);
        new Span<float>(workspace.Shared, (int)scratch.Shared).Fill(float.NaN);
        new Span<float>(workspace.Own(0), (int)scratch.Own * threads).Fill(float.NaN);
        Array.ForEach(outputs, o => Fill(o, workspace));
        values.ForEach(v => Write(v, workspace));
        Prepare?.Invoke(workspace);
        workspace.Begin(kernel.ToString()!, scratch);
        step.Run(workspace);
        workspace.End(kernel.ToString()!, scratch);
        Assert.All(values, v => Assert.True(Bits.AreEqual(v.Data, Read(v.View, workspace)), $"the step wrote over what it read: {kernel}"));
        Assert.All(zeros ? outputs : [], o => Assert.True(IsZeroBehind(o, workspace), $"the step left what lies behind the channels: {kernel}"));
        return Array.ConvertAll(outputs, o => Read(o, workspace));
    }

    private bool IsZeroBehind(View view, Workspace workspace)
    {
        var pixels = Enumerable.Range(0, Count(view.PerCondition) * view.Pixels);
        return view.Segments.All(s => pixels.All(i => !new Span<float>(workspace.Pointer(s.Buffer) + (i * s.Stride) + s.Channels, s.Stride - s.Channels).ContainsAnyExcept(0f)));
    }

    private void Fill(View view, Workspace workspace)
    {
        foreach (var segment in view.Segments)
        {
            new Span<float>(workspace.Pointer(segment.Buffer), Count(view.PerCondition) * view.Pixels * segment.Stride).Fill(float.NaN);
        }
    }

    private void Write(Value value, Workspace workspace)
    {
        Fill(value.View, workspace);
        Visit(value.View, workspace, (pointer, i) => *(float*)pointer = value.Data[i]);
    }

    private float[] Read(View view, Workspace workspace)
    {
        var data = new float[Count(view.PerCondition) * view.Channels * view.Pixels];
        Visit(view, workspace, (pointer, i) => data[i] = *(float*)pointer);
        return data;
    }

    // The address of each value and its place in [N, C, H, W].
    private void Visit(View view, Workspace workspace, Action<nint, int> visit)
    {
        var i = 0;
        for (var n = 0; n < Count(view.PerCondition); n++)
        {
            foreach (var segment in view.Segments)
            {
                for (var c = 0; c < segment.Channels; c++)
                {
                    for (var pixel = 0; pixel < view.Pixels; pixel++)
                    {
                        visit((nint)(view.Locate(segment, workspace).At(n, pixel) + c), i++);
                    }
                }
            }
        }
    }
}
