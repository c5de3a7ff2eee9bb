namespace DiffusionSharp.Imaging.Data;

/// <summary>Bounds how many pixels are being decoded at once, on all threads together; a picture larger than the bound is decoded alone.</summary>
internal sealed class PixelGate(long most)
{
    private readonly object gate = new();
    private long inFlight;

    /// <summary>Runs <paramref name="decode"/> when there is room for its pixels.</summary>
    public T Run<T>(long pixels, Func<T> decode)
    {
        Enter(pixels);
        try
        {
            return decode();
        }
        finally
        {
            Leave(pixels);
        }
    }

    private void Enter(long pixels)
    {
        lock (gate)
        {
            while (inFlight > 0 && inFlight + pixels > most)
            {
                Monitor.Wait(gate);
            }

            inFlight += pixels;
        }
    }

    private void Leave(long pixels)
    {
        lock (gate)
        {
            inFlight -= pixels;
            Monitor.PulseAll(gate);
        }
    }
}
